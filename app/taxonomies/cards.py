"""The words of a partner's card: what one brings or needs, why a cash need is there, and terms of working together.

One list with several families, so that a form asks for one: `of_kind(TERM)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.taxonomies import N_, Entry, Taxonomy, commitments

RESOURCE = "resource"
CAUSE = "cause"
TERM = "term"

TAXONOMY = Taxonomy(
    name="cards",
    version="1",
    source="Resource kinds of Stibbe and Prescott, The SDG Partnership Guidebook (2020), with capacity-building of "
    "A/RES/70/1, target 17.9; causes and terms: Plenary, after what partnership brokers ask first",
    valid_from=date(2026, 1, 1),
    entries=(
        # The kinds are those of commitments, so that what was offered can be committed in the same words.
        *commitments.of_kind(RESOURCE),
        Entry("capacity", N_("Skills and capacity-building"), RESOURCE),
        Entry("proposal_writing", N_("Somebody who can write a proposal to a funder"), CAUSE),
        Entry("bankable_project", N_("A project that a funder can judge: costs, risks, returns"), CAUSE),
        Entry("proof", N_("Data that show the need or the effect"), CAUSE),
        Entry("legal_form", N_("A legal form that may receive the money"), CAUSE),
        Entry("contacts", N_("Contacts to those who give it"), CAUSE),
        Entry("open_results", N_("Results and data are public"), TERM),
        Entry("confidential", N_("What partners share stays among them"), TERM),
        Entry("named_credit", N_("Every partner is named"), TERM),
        Entry("binding_contract", N_("A binding contract"), TERM),
        Entry("own_money", N_("Every partner puts in money"), TERM),
        Entry("company_money", N_("Money from companies"), TERM),
        Entry("government_money", N_("Money from governments"), TERM),
        Entry("commercial_use", N_("Somebody sells what comes out of it"), TERM),
        Entry("joint_advocacy", N_("Speaking in public with one voice"), TERM),
    ),
)

MEETS: Mapping[str, str] = {
    "proposal_writing": "capacity",
    "bankable_project": "people",
    "proof": "knowledge",
    "legal_form": "policy",
    "contacts": "access",
}
"""Which kind of help would make money reachable, for each cause of its lack."""

label, codes, options, of_kind = TAXONOMY.label, TAXONOMY.codes, TAXONOMY.options, TAXONOMY.of_kind
