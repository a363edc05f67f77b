"""A second verifier of published records, written from docs/snapshots.md alone: nothing of Plenary is imported.

It is built another way than the first, so that one mistake is not made twice: it collects every fault at once, as
(check, where) pairs, and keeps tables of rules where the other has functions. Standard library and cryptography only.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

PREFIX = b"plenary snapshot 1\n"
FORMAT = "plenary-snapshot-1"
HEX64 = re.compile("[0-9a-f]{64}")
NAMED = re.compile(r"%\((\w+)\)s")
SUPPORT = {
    "Participants generally agreed: %(statement)s": "general_agreement",
    "Participants stressed: %(statement)s": "stressed",
    "Many participants agreed: %(statement)s": "many",
    "Several participants agreed: %(statement)s": "several",
    "Some participants agreed: %(statement)s": "some",
    "It was suggested: %(statement)s": "suggested",
    "Views differed on this: %(statement)s": "views_differed",
}
DISSENT = {
    "However, some cautioned against it.": "cautioned",
    "A note of caution was expressed.": "note_of_caution",
}
NOTE = "Not everybody who read this passage before publication shares it: %(text)s"
REASONS = {"balance", "duplicate", "harm", "insufficient_evidence", "legal", "merged_with_consent", "not_feasible_now"}
REASONS |= {"other_addressee", "out_of_mandate", "personal_data", "unclear", "withdrawn"}
GATED = ("support", "breakdown", "group", "people", "coalition", "indicator")


class Unreadable(Exception):
    """A value is not of the type the format says."""


def write(value, out):
    """Canonical bytes, written by hand: sorted ASCII keys, no spaces, no floats."""
    if value is None or value is True or value is False:
        out.append({None: "null", True: "true", False: "false"}[value])
    elif type(value) is int:
        if not -(2**53) < value < 2**53:
            raise Unreadable("a number too large")
        out.append(str(value))
    elif type(value) is str:
        try:
            value.encode()
        except UnicodeEncodeError:
            raise Unreadable("a lone surrogate") from None
        out.append(json.dumps(value, ensure_ascii=False))
    elif type(value) is list:
        out.append("[")
        for place, item in enumerate(value):
            out.append("," if place else "")
            write(item, out)
        out.append("]")
    elif type(value) is dict:
        out.append("{")
        for place, key in enumerate(sorted(value)):
            if not key.isascii():
                raise Unreadable("a key beyond ASCII")
            out.append(("," if place else "") + json.dumps(key) + ":")
            write(value[key], out)
        out.append("}")
    else:
        raise Unreadable(f"a {type(value).__name__}")


def hash_of(value):
    out = []
    write(value, out)
    return sha256(PREFIX + "".join(out).encode()).hexdigest()


def share_of(text):
    if type(text) is not str:
        raise Unreadable("a share that is no text")
    try:
        return Fraction(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError):
        raise Unreadable("a share that is no number") from None


def pairs(listed):
    return [(one["statement"], one["choice"]) for one in listed]


class Verifier:
    """Collects faults; `faults` maps each failed check to the places where it fails."""

    def __init__(self, record):
        self.record = record
        self.faults = {}

    def need(self, check, holds, where=""):
        if not holds:
            self.faults.setdefault(check, []).append(str(where))

    def run(self, key=None, previous=None, log=None):
        try:
            if self.record.get("kind") == "audit":
                self.log(self.record)
            else:
                self.envelope()
                self.body()
            self.outside(key, previous, log)
        except (Unreadable, KeyError, TypeError, AttributeError, ValueError, IndexError) as error:
            self.need("form", False, f"{type(error).__name__}: {error}")
        return self.faults

    # ---- envelope

    def envelope(self):
        record, snapshot, signature = self.record, self.record["snapshot"], self.record["signature"]
        self.need("format", record["format"] == FORMAT)
        self.need("kind", record["kind"] == snapshot["kind"])
        self.need("kind", record["kind"] in ("summary", "curated_slate", "curation_ledger"))
        self.need("fields", sorted(record) == ["format", "hash", "kind", "signature", "snapshot"])
        self.need("fields", sorted(signature) == ["algorithm", "key_id", "public_key", "value"])
        self.need("hash", hash_of(snapshot) == record["hash"])
        self.need("signature", signature["algorithm"] == "ed25519", "algorithm")
        try:
            public = bytes.fromhex(signature["public_key"])
            Ed25519PublicKey.from_public_bytes(public).verify(
                bytes.fromhex(signature["value"]), PREFIX + bytes.fromhex(record["hash"])
            )
        except (InvalidSignature, ValueError):
            self.need("signature", False)
        name = sha256(bytes.fromhex(signature["public_key"])).hexdigest()[:16]
        self.need("key", name == signature["key_id"] == snapshot["key_id"])

    def outside(self, key, previous, log):
        if key is not None:
            self.need("given_key", key.strip().lower() == self.record["signature"]["public_key"])
        if previous is not None:
            mine, theirs = self.record["snapshot"], previous["snapshot"]
            self.need("given_previous", mine["previous"] is not None, "first")
            if mine["previous"] is not None:
                self.need("given_previous", hash_of(theirs) == previous["hash"] == mine["previous"]["hash"])
                self.need("given_previous", theirs["governance"]["sequence"] <= mine["governance"]["sequence"])
        if log is not None:
            self.in_log(log)

    # ---- what a snapshot says

    def body(self):
        snapshot = self.record["snapshot"]
        if snapshot["kind"] == "curation_ledger":
            self.slate(snapshot["slate"])
            self.ledger(snapshot)
            return
        self.chain(snapshot)
        self.need("rules", hash_of(snapshot["rules"]["settings"]) == snapshot["rules"]["hash"])
        self.slate(snapshot["slate"])
        rows = self.rows(snapshot["statements"])
        if snapshot["kind"] == "summary":
            facts = {fact["id"]: fact for fact in snapshot["document"]["facts"]}
            rule = facts["rule"]["value"]
            self.released(rows, rule)
            self.summary(snapshot, facts, rows, rule)
        else:
            self.released(rows, {"mode": snapshot["consultation"]["attribution"], "is_small_room": False})

    def chain(self, snapshot):
        number, before, head = snapshot["number"], snapshot["previous"], snapshot["governance"]
        self.need("chain", number >= 1)
        self.need("chain", (number == 1) == (before is None))
        if before is not None:
            self.need("chain", before["number"] + 1 == number and HEX64.fullmatch(before["hash"]))
        self.need("chain", head["sequence"] >= 1 and HEX64.fullmatch(head["hash"]) and head["hash"].strip("0"))

    def slate(self, slate):
        own, common, lines = pairs(slate["participants"]), pairs(slate["common_ground"]), pairs(slate["ledger"])
        curated = None if slate["curated"] is None else pairs(slate["curated"])
        for listed in (own, common, lines, curated or []):
            self.need("slate", max(Counter(listed).values(), default=1) == 1, "twice")
            if any(choice not in ("agree", "disagree", "pass") for _, choice in listed if listed is not lines):
                raise Unreadable("an unknown choice")
        if curated is None:
            due = dict.fromkeys(own, "participants")
        else:
            due = dict.fromkeys(set(curated) - set(own), "added")
            due.update(dict.fromkeys(set(own) - set(curated), "dropped"))
            due.update(dict.fromkeys(set(own) & set(curated), "kept"))
        self.need("slate", due == dict(zip(lines, (line["change"] for line in slate["ledger"]), strict=True)), "ledger")
        for line in slate["ledger"]:
            differs = line["change"] in ("added", "dropped")
            self.need("slate", differs == (line["reason_code"] != ""), line["statement"])
            self.need("slate", differs == (line["sentence"].strip() != ""), line["statement"])
            self.need("slate", not differs or line["reason_code"] in REASONS, line["reason_code"])

    @staticmethod
    def rows(statements):
        found = {}
        for one in statements:
            if one["votes"] is not None:
                found[f"s{one['number']}"] = ("support", one["votes"])
            for attribute in ("group", "constituency"):
                for category, row in one["by_" + attribute].items():
                    found[f"s{one['number']}.{attribute}.{category}"] = ("support_" + attribute, row)
        return found

    def released(self, rows, rule):
        for name, (kind, row) in rows.items():
            self.sums("rows", name, kind, row)
            self.gate("rows", name, kind, row, rule)

    # ---- summaries

    def summary(self, snapshot, facts, rows, rule):
        document = snapshot["document"]
        texts = {one["number"]: one["text"] for one in snapshot["statements"]}
        self.need("facts", len(facts) == len(document["facts"]), "twice")
        for fact in document["facts"]:
            self.need("facts", all(number in texts for number in fact["statements"]), fact["id"])
        self.text(document, facts, texts)
        for fact in facts.values():
            kind = fact["kind"]
            if kind.startswith(GATED):
                self.gate("disclosure", fact["id"], kind, fact["value"], rule)
            if kind in ("support", "support_group", "support_constituency"):
                row = rows[fact["id"]][1] if fact["id"] in rows else {"withheld": True}
                self.need("figures", row == fact["value"], fact["id"])
            self.sums("arithmetic", fact["id"], kind, fact["value"])
        self.slate_facts(facts, snapshot["slate"])
        self.need("analysis", facts["analysis"]["value"] == snapshot["analysis"])
        self.balance(snapshot["balance"])
        self.objections(document, facts, snapshot.get("objections"))
        roles = [one["role"] for one in snapshot["signers"]]
        self.need("signers", len(roles) > 1 and "convenor" in roles, roles)
        self.need("signers", {"convenor", "curator", "participant"}.issuperset(roles), roles)

    def text(self, document, facts, texts):
        places = []
        for section in document["sections"]:
            for table in section["tables"]:
                self.need("sentences", {len(row) for row in table["rows"]} <= {len(table["head"])}, table["caption"])
                places.extend(cell for row in table["rows"] for cell in row)
            for passage in section["passages"]:
                cautions = [f for one in passage["sentences"] if one["says"] == "dissent" for f in one["facts"]]
                for sentence in passage["sentences"]:
                    places.extend(sentence["places"].values())
                    self.sentence(sentence, facts, cautions)
        for place in places:
            if "statement" in place:
                self.need("quotes", place["text"] == texts.get(place["statement"]), place["statement"])
            self.need("quotes", all(number in texts for number in place.get("cite", ())), place)

    def sentence(self, sentence, facts, cautions):
        message, cited = sentence["message"], sentence["facts"]
        known = bool(cited) and all(fact in facts for fact in cited)
        self.need("sentences", known, message)
        self.need("sentences", set(NAMED.findall(message)) == set(sentence["places"]), message)
        self.need("ladder", (message in SUPPORT) == (sentence["says"] == "support"), message)
        self.need("ladder", (message in DISSENT) == (sentence["says"] == "dissent"), message)
        if not known:
            return
        value = facts[cited[0]]["value"]
        held = json.dumps([facts[fact]["value"] for fact in cited], sort_keys=True)
        for place in sentence["places"].values():
            if {"share", "people", "band"} & place.keys():
                self.need("figures", json.dumps(place, sort_keys=True) in held, message)
        if message in SUPPORT:
            self.need("ladder", value.get("word") == SUPPORT[message], message)
        if message in DISSENT:
            self.need("ladder", value.get("dissent") == DISSENT[message], message)
        if sentence["says"] == "support" and value.get("dissent") is not None:
            self.need("dissent", cited[0] in cautions, cited[0])

    def sums(self, check, name, kind, value):
        if kind.startswith("support") and "agree" in value:
            whole = sum(share_of(value[part]["share"]) for part in ("agree", "disagree", "pass"))
            slack = Fraction(3, 10**6) if value["agree"]["bound"] == "exact" else Fraction(3, 10)
            self.need(check, abs(whole - 1) <= slack, name)
        if kind == "breakdown":
            told = [share_of(row[2]) for row in value["rows"] if row[2] is not None]
            slack = Fraction(25, 1000) * len(told) if value["is_rounded"] else Fraction(1, 10**4)
            self.need(check, not told or abs(sum(told) - 1) <= slack, name)

    def gate(self, check, name, kind, value, rule):
        if rule["mode"] not in ("attributed", "open", "chatham_house"):
            raise Unreadable("an unknown mode")
        strict = rule["mode"] == "chatham_house"
        counts_votes = kind not in ("breakdown", "indicator")
        waiting = [value]
        while waiting:
            one = waiting.pop()
            waiting.extend(one.values() if type(one) is dict else one if type(one) is list else ())
            if type(one) is not dict:
                continue
            if "people" in one:
                self.need(check, one["people"] >= (50 if strict else 0), name)
            if "band" in one:
                self.need(check, one["band"][0] >= (10 if strict else 5), name)
            if "share" in one:
                share = share_of(one["share"])
                self.need(check, 0 <= share <= 1 and not rule["is_small_room"], name)
                if strict and counts_votes:
                    self.need(check, (share * 20).denominator == 1, name)
                    self.need(check, Fraction(1, 10) <= share <= Fraction(9, 10), name)
                if counts_votes:
                    low, high = share <= Fraction(1, 10), share >= Fraction(9, 10)
                    due = "exact" if not strict else "at_most" if low else "at_least" if high else "about"
                    self.need(check, one.get("bound") == due, name)

    def slate_facts(self, facts, slate):
        due = {"slate.participants": slate["participants"] or None, "slate.curated": slate["curated"]}
        for name, listed in due.items():
            self.need("arithmetic", (name in facts) == (listed is not None), name)
            if name in facts and listed is not None:
                told = [tuple(one) for one in facts[name]["value"]["stances"]]
                self.need("arithmetic", told == pairs(listed), name)
        if "slate.ledger" in facts:
            counted = Counter(line["change"] for line in slate["ledger"])
            self.need("arithmetic", set(counted) <= {"kept", "added", "dropped"}, "slate.ledger")
            due = {name: counted[name] for name in ("kept", "added", "dropped")}
            self.need("arithmetic", facts["slate.ledger"]["value"] == due, "slate.ledger")
        if "slate.overlap" in facts:
            own, chosen = pairs(slate["participants"]), set(pairs(slate["curated"]))
            part = Fraction(sum(one in chosen for one in own), len(own))
            told = share_of(facts["slate.overlap"]["value"]["share"])
            self.need("arithmetic", abs(part - told) <= Fraction(1, 10**6), "slate.overlap")

    def balance(self, balance):
        codes = Counter(test["code"] for test in balance["tests"])
        self.need("balance", codes and max(codes.values()) == 1)
        failed = {test["code"] for test in balance["tests"] if not test["passed"]}
        self.need("balance", not failed & {"dissent", "suppression"}, failed)
        self.need("balance", not failed or balance["reason"].strip(), failed)

    def objections(self, document, facts, objections):
        if objections is None:
            self.need("objections", "objections" not in facts)
            return
        for place, one in enumerate(objections["answers"], 1):
            told = facts[f"objection.{place}"]["value"]
            self.need("objections", (told["passage"], told["answer"]) == (one["passage"], one["answer"]), place)
        self.need("objections", facts["objections"]["value"]["minutes"] == objections["minutes"])
        notes = Counter(
            sentence["places"]["text"]["text"]
            for section in document["sections"]
            for passage in section["passages"]
            for sentence in passage["sentences"]
            if sentence["message"] == NOTE
        )
        due = Counter(one["text"] for one in objections["answers"] if one["answer"] == "noted")
        self.need("objections", notes == due, "notes")

    # ---- ledgers

    def ledger(self, snapshot):
        decisions, slate = snapshot["decisions"], snapshot["slate"]
        numbers = [one["sequence"] for one in decisions]
        grows = all(one < other for one, other in pairwise(numbers))
        self.need("order", grows and numbers and numbers[-1] <= snapshot["governance"]["sequence"])
        self.need("order", numbers and decisions[0]["action"] == "curation.open")
        self.replay(decisions, pairs(slate["participants"]), pairs(slate["curated"]))
        names = ("statement", "choice", "reason_code", "sentence")
        given = [tuple(one.get(name) for name in names) for one in decisions if one["action"] == "curation.give_reason"]
        for reason in snapshot["reasons"]:
            self.need("reasons", tuple(reason[name] for name in names) in given, reason["statement"])
        roles = [one["role"] for one in snapshot["signers"]]
        self.need("signers", len(roles) > 1 and set(roles) != {"participant"}, roles)
        self.need("signers", {"convenor", "curator", "participant"}.issuperset(roles), roles)
        self.need("signers", any(one["action"] in ("curation.sign", "curation.draw_again") for one in decisions))
        quoted = {one["number"] for one in snapshot["statements"]} | {None}
        self.need("statements", all(one["statement"] in quoted for one in decisions))

    def replay(self, decisions, stands, end):
        seen = [stands]
        for one in decisions:
            if one.get("stands") is None:
                continue
            after = [tuple(stance) for stance in one["stands"]]
            stance = (one["statement"], one.get("choice"))
            family, _, verb = one["action"].partition(".")
            if verb == "open":
                holds = after == stands
            elif verb == "add":
                gone = one.get("replaces")
                made = [*stands, stance] if gone is None else [stance if s == tuple(gone) else s for s in stands]
                holds = after == made and stance not in stands
            elif verb == "remove":
                holds = stance in stands and after == [s for s in stands if s != stance]
            elif verb == "move":
                rest = [[s for s in listed if s != stance] for listed in (after, stands)]
                holds = rest[0] == rest[1] and Counter(after) == Counter(stands)
            elif verb == "undo":
                holds = after in seen
            else:
                holds = after == stands or family == "curators"
            self.need("decisions", holds, one["sequence"])
            if not holds:
                return
            stands = after
            seen.append(after)
        self.need("decisions", stands == end, "end")

    # ---- the governance log

    def log(self, log):
        self.need("format", log["format"] == FORMAT)
        before = "0" * 64
        for place, event in enumerate(log["events"], 1):
            self.need("chain", type(event["sequence"]) is int and event["sequence"] == place, place)
            self.need("chain", event["previous_hash"] == before and HEX64.fullmatch(event["hash"]), place)
            if "payload" in event:
                names = ("chain", "sequence", "happened_at", "actor", "action", "subject", "payload", "previous_hash")
                text = json.dumps(
                    [event[name] for name in names], sort_keys=True, ensure_ascii=False, separators=(",", ":")
                )
                self.need("chain", sha256(text.encode()).hexdigest() == event["hash"], place)
            before = event["hash"]
        self.need("head", type(log["head"]["sequence"]) is int)
        self.need("head", (log["head"]["sequence"], log["head"]["hash"]) == (len(log["events"]), before))

    def in_log(self, log):
        own = Verifier(log).run()
        self.need("given_log", not own, own)
        head, events = self.record["snapshot"]["governance"], log["events"]
        there = 1 <= head["sequence"] <= len(events) and events[head["sequence"] - 1]["hash"] == head["hash"]
        self.need("given_log", there, "head")
        later = [event["payload"].get("hash") for event in events[head["sequence"] :] if "payload" in event]
        if later and self.record["kind"] != "curated_slate":
            self.need("given_log", self.record["hash"] in later, "publication")


def faults(record, *, key=None, previous=None, log=None):
    """Each failed check with the places where it fails; empty where the record is sound."""
    return Verifier(record).run(key, previous, log)
