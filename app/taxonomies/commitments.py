"""The words of partnerships and commitments: what makes one checkable, what partners bring, what it is and does.

One list with several kinds, so that a form asks for one kind: `of_kind("resource")`.
"""

from __future__ import annotations

from datetime import date

from app.taxonomies import N_, Entry, Taxonomy

TAXONOMY = Taxonomy(
    name="commitments",
    version="2018",
    source="SMART criteria and registration form of the Partnerships for SDGs platform; A/RES/70/224; Stibbe and "
    "Prescott, The SDG Partnership Guidebook (2020)",
    valid_from=date(2016, 1, 1),
    entries=(
        # The United Nations read the R of SMART as resource-based, not as relevant.
        Entry("specific", N_("Specific"), "smart"),
        Entry("measurable", N_("Measurable"), "smart"),
        Entry("achievable", N_("Achievable"), "smart"),
        Entry("resource_based", N_("Resource-based"), "smart"),
        Entry("time_based", N_("Time-based"), "smart"),
        Entry("finance", N_("Finance"), "resource"),
        Entry("people", N_("People and expertise"), "resource"),
        Entry("knowledge", N_("Knowledge and data"), "resource"),
        Entry("technology", N_("Technology"), "resource"),
        Entry("infrastructure", N_("Infrastructure and places"), "resource"),
        Entry("access", N_("Access and networks"), "resource"),
        Entry("legitimacy", N_("Legitimacy and convening"), "resource"),
        Entry("policy", N_("Policy and rules"), "resource"),
        Entry("initiate", N_("Initiate: start what nobody does yet"), "role"),
        Entry("smooth", N_("Smooth: ease the change for those who lose by it"), "role"),
        Entry("scale", N_("Scale: bring what works to many"), "role"),
        Entry("leverage", N_("Leverage and exchange"), "partnership"),
        Entry("combine", N_("Combine and integrate"), "partnership"),
        Entry("transform", N_("Transform a system"), "partnership"),
        Entry("head", N_("Head: minister, executive director, mayor, president"), "level"),
        Entry("executive", N_("Executive: deputy or board"), "level"),
        Entry("director", N_("Director"), "level"),
        Entry("technical", N_("Technical"), "level"),
        Entry("money", N_("Money"), "asset"),
        Entry("staff", N_("Staff"), "asset"),
        Entry("data", N_("Data"), "asset"),
        Entry("convening", N_("Convening"), "asset"),
        Entry("policy_change", N_("A policy or rule"), "asset"),
        Entry("problem", N_("The problem"), "about"),
        Entry("solution", N_("What works"), "about"),
        Entry("cost", N_("What it costs"), "about"),
        # No order of rank: testimony is labelled, not placed below a study.
        Entry("measured", N_("Measured result"), "evidence"),
        Entry("study", N_("Study"), "evidence"),
        Entry("practice", N_("Practice"), "evidence"),
        Entry("testimony", N_("Testimony"), "evidence"),
        Entry("community", N_("Community knowledge"), "evidence"),
        Entry("on_track", N_("Reported within the year"), "status"),
        Entry("late", N_("No report for more than a year"), "status"),
        Entry("overdue", N_("No report for two years"), "status"),
        Entry("inactive", N_("Inactive"), "status"),
        Entry("paused", N_("Paused by its partners"), "status"),
        Entry("completed", N_("Completed and handed over"), "status"),
    ),
)

label, codes, options, of_kind = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options, TAXONOMY.of_kind
