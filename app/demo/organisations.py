"""Organisations of the demo, all invented: who they are, which constituency they speak for, and where they work."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DemoOrganisation:
    """An organisation with its kind, its constituency and its region (codes of the taxonomies)."""

    name: str
    kind: str
    constituency: str
    region: str


def _group(kind: str, constituency: str, **names_by_region: str) -> tuple[DemoOrganisation, ...]:
    return tuple(
        DemoOrganisation(name.strip(), kind, constituency, region)
        for region, names in names_by_region.items()
        for name in names.split(";")
    )


FORUM_NAME = "Meridian Partnership Forum"

ORGANISATIONS: tuple[DemoOrganisation, ...] = (
    DemoOrganisation(FORUM_NAME, "network", "ngos", "weog"),
    *_group(
        "cooperative",
        "women",
        african="Lakeside Market Women's Union; Femmes du Fleuve",
        asia_pacific="Coastal Women Weavers; Women of the Hill Tracts",
        grulac="Tejedoras del Altiplano; Mujeres de la Cuenca",
        eastern_european="Women's Credit Circle of the Carpathians",
        weog="Northern Women's Budget Group",
    ),
    *_group(
        "civil_society",
        "children_and_youth",
        african="Youth Voices of the Rift; Jeunesse du Delta",
        asia_pacific="Young Planners' League; Monsoon Youth Assembly",
        grulac="Red de Jóvenes por el Agua",
        eastern_european="Danube Youth Forum",
        weog="Students for Fair Futures; Fjord Youth Council",
    ),
    *_group(
        "peoples_organisation",
        "indigenous_peoples",
        asia_pacific="Council of Forest Elders",
        grulac="Confederación de Pueblos del Río",
    ),
    *_group(
        "civil_society",
        "ngos",
        african="Water for All Trust; Green Belt Neighbours; Sahel Solidarité",
        asia_pacific="Open Village Network; Island Shores Alliance; شبكة الجوار",
        grulac="Manos al Barrio; Fundación Semilla Viva; Caribbean Reef Watch",
        eastern_european="Civic Bridges; Открытый город",
        weog="Fair Aid Watch; Partners in Practice; Terre Commune; Commons Without Borders",
    ),
    *_group(
        "local_government",
        "local_authorities",
        african="Municipality of Port Amina; District of Nyangoma; Commune de Kérewane",
        asia_pacific="City of Sungai Baru; بلدية وادي الزيتون; 青河市政府",
        grulac="Alcaldía de San Jacinto del Valle; Prefeitura de Rio Manso",
        eastern_european="Town of Nowy Brzeg; Municipality of Lipova Dolina",
        weog="City of Westhaven; Ville de Montclair-sur-Loire",
    ),
    *_group(
        "trade_union",
        "workers",
        african="Transport Workers' Union of the Coast",
        asia_pacific="Garment Workers' Federation",
        grulac="Central de Trabajadores del Campo",
        eastern_european="Union of Public Service Workers",
        weog="Confederation of Care Workers",
    ),
    *_group(
        "company",
        "business",
        african="Savanna Solar",
        asia_pacific="Blue Delta Logistics; 东江清洁能源",
        grulac="Andina Microcréditos",
        eastern_european="Vistula Software House",
        weog="Helvion Water Systems; Norrland Timber; Aldgate Impact Partners",
    ),
    *_group(
        "business_association",
        "business",
        african="Chamber of Small Enterprises",
        asia_pacific="Council of Island Exporters",
        grulac="Cámara de Empresas con Propósito",
        weog="Alliance for Responsible Industry",
    ),
    *_group(
        "university",
        "science",
        african="Institute of Dryland Research",
        asia_pacific="Centre for Delta Studies; 水资源研究所",
        grulac="Observatorio de Ciudades",
        eastern_european="Институт устойчивого развития",
        weog="Centre for Partnership Studies; Nordic Institute of Public Health",
    ),
    *_group("cooperative", "farmers", african="Highland Farmers' Cooperative", grulac="Cafetaleros de la Sierra"),
    *_group(
        "civil_society",
        "persons_with_disabilities",
        african="Able Together",
        asia_pacific="Barrier-Free Cities",
        grulac="Sin Barreras",
        weog="European Easy-to-Read Circle",
    ),
    *_group(
        "university",
        "education_and_academia",
        african="University of the Great Lakes",
        asia_pacific="Open College of the Pacific",
        weog="Teachers for Global Learning",
    ),
    *_group(
        "government",
        "member_states",
        african="Ministry of Planning, Republic of Karuma",
        asia_pacific="Ministry of Environment, Kingdom of Samara",
        grulac="Ministerio de Cooperación de Valverde",
        eastern_european="Ministry of Foreign Affairs of Moravina",
        weog="Development Agency of Norvale",
    ),
    *_group(
        "un_entity",
        "un_entities",
        african="Country team office, eastern region",
        weog="Partnerships unit, headquarters",
    ),
)
