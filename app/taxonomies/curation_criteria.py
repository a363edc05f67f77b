"""By what curators score unless a convenor asks for something else; published before the round."""

from __future__ import annotations

from app.taxonomies import N_

DEFAULTS: tuple[str, ...] = (
    N_("It answers the question of this consultation."),
    N_("It can be acted on: who would do what is clear."),
    N_("It would make a difference to people who are heard least."),
    N_("It rests on experience or evidence."),
)
