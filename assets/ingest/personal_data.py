"""Personal data and secrets in a text: finding them and putting typed tokens in their place.

The order of the detectors matters: what is surer comes first, so that a card number is not taken for a phone.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import phonenumbers
from stdnum import iban, luhn
from stdnum.us import ssn

# Zero-width and bidirectional control characters: invisible, and used to hide what a text says.
INVISIBLE = r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"

_DIGITS_WITH_GAPS = re.compile(r"(?<!\w)[+(]{0,2}\d(?:[\s().\-_/*]{0,3}\d){6,}")
_CARD_LENGTHS = range(19, 12, -1)  # digits, longest first (ISO/IEC 7812)

_FREEMAIL = r"(?:gmail|googlemail|hotmail|yahoo|outlook|icloud|proton(?:mail)?|aol|gmx|live|qq|163|mail|web)"
_AT = r"(?:\s?@\s?|\s?[(\[{<]\s?at\s?[)\]}>]\s?)"
_DOT = r"(?:\.|\s?[(\[{<]\s?dot\s?[)\]}>]\s?|\sdot\s)"
_TLD = r"(?:com|net|org|edu|gov|info|io|co|me|de|fr|es|it|nl|uk|us|br|mx|in|jp|cn|id|vn|ph|th|my|sg|au|ca|test|example)"
_EMAIL = re.compile(
    r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"  # plain
    rf"|\b[\w.+%-]+\s?@\s?[\w-]+(?:\s?\.\s?[\w-]+)*\s?\.\s?{_TLD}\b",  # jane @ gmail . com
    re.IGNORECASE,
)
_SPELLED_EMAIL = re.compile(
    rf"\b[\w.+%-]+{_AT}[\w-]+(?:{_DOT}[\w-]+)+"  # jane (at) gmail (dot) com
    rf"|\b[\w.+%-]+\s+at\s+[\w-]+(?:\s+dot\s+[\w-]+)+"  # jane at gmail dot com
    rf"|\b[\w.+%-]+\s+at\s+{_FREEMAIL}\s?\.?\s?{_TLD}\b",  # jane at gmail.com
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z0-9_](?:[\w.]{0,28}\w)?")
_IBAN = re.compile(r"\b[A-Z]{2}[ -]?\d[ -]?\d(?:[ -]?[A-Z0-9]){11,30}\b", re.IGNORECASE)
_IBAN_DIGITS = 9  # fewer hold none: a cheap way out for "on 2024-05-01 and ..."
_SSN = re.compile(r"\d(?<![\d-]\d)\d{2}[\s.\-]{1,2}\d{2}[\s.\-]{1,2}\d{4}(?![\d-])")
_BARE_SSN = re.compile(r"(?i)(\b(?:ssn|social\s+security(?:\s+(?:number|no\.?|#))?)\b\D{0,12})(\d{9})(?!\d)")
_IPV4 = re.compile(r"\d(?<![\w.]\d)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?![\w]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}(?![\w:])", re.IGNORECASE)
_VERSION_BEFORE = re.compile(r"(?i)(?:\bv|version|build|release|app|ios|android)[\s:]*$")

_CVV = re.compile(r"\d(?<!\d\d)(?:\d{2,3}|(?:\s\d){2,3})(?!\d)")
_CVV_WORD_BEFORE = re.compile(
    r"(?i)\b(?:cvv2?|cvc2?|cvn|cid|csc|card\s+(?:security|verification)\s+(?:code|number|value)"
    r"|card\s+code|security\s+code)\b[^\d\n]{0,40}$"
)
_CODE_WORD = (
    r"(?:otp|(?-i:TAN)|pin|2fa|mfa|passcode|password"
    r"|(?:verification|security|confirmation|login|log-?in|sign-?in|auth\w*|access|one[\s-]?time|sms|text|recovery"
    r"|backup|reset|activation)\s+(?:pass)?(?:code|number|password|pin|key)s?"
    r"|c[oó]digo|code\s+de\s+(?:v[eé]rification|s[eé]curit[eé])|best[aä]tigungscode|kode\s+otp)"
)
# "error code 4032" says what went wrong and is kept; "the code 403211" is taken for a secret.
_PLAIN_CODE = (
    r"(?<!error )(?<!status )(?<!promo )(?<!discount )(?<!voucher )(?<!coupon )(?<!reason )(?<!zip )(?<!postal )"
    r"(?<!response )(?<!tracking )(?<!country )(?<!exit )(?<!decline )(?<!return )(?<!product )\bcodes?"
)
_SECRET = re.compile(
    r"(?:[A-Z]{1,2}-)?\d(?<![\w.]\d)(?!\d{3}-\d\d-\d\d)(?:[ \-]?\d){3,7}(?!\d|[.,]\d)", re.IGNORECASE
)
_CODE_WORD_BEFORE = re.compile(rf"(?i)(?:\b{_CODE_WORD}|{_PLAIN_CODE})\b[^\d\n.!?]{{0,40}}$")
_CODE_WORD_AFTER = re.compile(
    rf"(?i)\s+(?:is|was)\s+(?:the|my|your|a)?\s*(?:\w+\s+){{0,2}}(?:{_CODE_WORD}|code)\b"
)
_CONTEXT = 80  # characters before a number that may say what it is

# Cheap searches that say whether a costly one is worth its time.
_DIGIT = re.compile(r"\d")
_CODE_HINT = re.compile(r"(?i)code|otp|tan|pin|2fa|mfa|pass|digo|cv[vcn]|cid|csc|auth\w* n|sms|text")
_SPELLED_AT = re.compile(
    rf"(?i)[(\[{{<]\s?at\s?[)\]}}>]|\sat\s+(?:[\w-]+\s+dot\s|{_FREEMAIL}\s?\.?\s?{_TLD}\b)"
)

_DATE = re.compile(
    r"^\D*(?:(?:19|20)\d\d[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d)(?!\d)"
)
_AMOUNT = re.compile(r"^\d{1,3}(?:[.,\s]\d{3})+$")
_REFERENCE_BEFORE = re.compile(
    r"(?i)(?:order|ref(?:erence)?|invoice|transaction|tracking|ticket|case|parcel|shipment|item|sku|payout|id|no)"
    r"(?:\s*(?:number|no\.?|id|nr\.?))?[\s:#.]*(?:is\s)?[\s#]*$|#\s*$"
)
_PHONE_DIGITS = range(7, 16)  # ITU-T E.164 allows 15

# First names that are also words: only taken for a name when written with its capital letter.
_ENGLISH_WORDS = """will mark may grace hope rose faith bill art grant summer april june august rich frank drew pat
    sue chase jack joy ray max dean guy price page case chance christian daisy dawn earl eve gene iris ivy jade jay
    lane miles penny ruby sky star sunny violet young long king van der den von can has did"""
_ALSO_WORDS = frozenset(_ENGLISH_WORDS.split())


_SHORTEST_NAME_PART = 3  # letters; shorter ones are only taken for a name inside the full name
_WORD = re.compile(r"[^\W\d_]+")
_NAME_TWICE = re.compile(r"(<NAME_(\d+)>)(?:[\s,.'’-]{1,3}<NAME_\2>)+")


class TicketRedactor:
    """Redacts the texts of one ticket; the same value has the same token in all of them.

    names: known names of persons on the ticket. region: where a phone number without a country code
    may be from (two letters), tried before the United States and the United Kingdom.
    """

    def __init__(self, names: Sequence[str] = (), region: str | None = None) -> None:
        self._tokens: dict[tuple[str, str], str] = {}
        self._counts: dict[str, int] = {}
        self._names = list(dict.fromkeys(readable(name).strip() for name in names if name and name.strip()))
        self._name_parts = {
            part.lower(): place
            for place, name in reversed(list(enumerate(self._names, 1)))
            for part in _WORD.findall(name)
            if len(part) >= _SHORTEST_NAME_PART
        }
        known = region if region and len(region) == 2 and region.isalpha() else None
        self._regions = list(dict.fromkeys(filter(None, (known and known.upper(), "US", "GB"))))

    def redact(self, text: str) -> str:
        """A text without personal data; invisible characters are dropped and the rest is NFKC."""
        text = readable(text)
        digits = len(_DIGIT.findall(text))
        if digits >= 3 and _CODE_HINT.search(text):
            text = _CVV.sub(_card_secret, text)
            text = _SECRET.sub(_one_time_code, text)
        if "@" in text:
            text = _EMAIL.sub(self._email, text)
        if _SPELLED_AT.search(text):
            text = _SPELLED_EMAIL.sub(self._email, text)
        if digits >= 4:
            text = _IPV4.sub(self._ip, text)
        if text.count(":") >= 3:
            text = _IPV6.sub(self._ip, text)
        if digits >= _IBAN_DIGITS:
            text = _IBAN.sub(self._iban, text)
        if digits >= 7:
            text = _BARE_SSN.sub(lambda found: found[1] + self._token("SSN", found[2]), text)
            text = _DIGITS_WITH_GAPS.sub(self._cards, text)
            text = _SSN.sub(self._ssn, text)
            text = _DIGITS_WITH_GAPS.sub(self._phone, text)
        if "@" in text:
            text = _HANDLE.sub(lambda found: self._token("HANDLE", found[0].lower()), text)
        return self._without_names(text)

    def _without_names(self, text: str) -> str:
        lower = text.lower()
        for place, name in enumerate(self._names, 1):
            if name.lower() in lower and not _stands_in_parts(name):
                edge = r"\b" if name.isascii() else ""
                text = re.sub(rf"(?i){edge}{re.escape(name)}{edge}", f"<NAME_{place}>", text)
        if any(part in lower for part in self._name_parts):
            text = _NAME_TWICE.sub(r"\1", _WORD.sub(self._name_part, text))
        return text

    def _name_part(self, found: re.Match[str]) -> str:
        word = found[0]
        place = self._name_parts.get(word.lower())
        if place is None or (word.lower() in _ALSO_WORDS and not word.istitle()):
            return word
        if found.string[found.start() - 1 : found.start()] == "<" and found.string[found.end() :].startswith(
            "_"
        ):
            return word  # a token such as <CARD_1>, on a ticket of somebody called Card
        return f"<NAME_{place}>"

    def _token(self, kind: str, value: str) -> str:
        key = kind, value
        if key not in self._tokens:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._tokens[key] = f"<{kind}_{self._counts[kind]}>"
        return self._tokens[key]

    def _email(self, found: re.Match[str]) -> str:
        spelled = re.sub(r"(?i)[(\[{<]\s*(at|dot)\s*[)\]}>]|\s(at|dot)\s", _spelled_out, found[0])
        return self._token("EMAIL", re.sub(r"\s", "", spelled).lower())

    def _ip(self, found: re.Match[str]) -> str:
        try:
            address = ipaddress.ip_address(found[0])
        except ValueError:
            return found[0]
        before = found.string[max(0, found.start() - 12) : found.start()]
        return found[0] if _VERSION_BEFORE.search(before) else self._token("IP", str(address))

    def _iban(self, found: re.Match[str]) -> str:
        """The longest beginning that is a valid IBAN: a spaced one may have swallowed the next words."""
        ends = [place.start() for place in re.finditer(r"[ -]", found[0])]
        for end in (len(found[0]), *reversed(ends)):
            candidate = re.sub(r"[ -]", "", found[0][:end]).upper()
            if len(_DIGIT.findall(candidate)) < _IBAN_DIGITS:
                break
            if iban.is_valid(candidate):
                return self._token("IBAN", candidate) + found[0][end:]
        return found[0]

    def _cards(self, found: re.Match[str]) -> str:
        """Card numbers inside a run of digits, each from the start of a group of digits to the end of one."""
        run = found[0]
        groups = [(group.start(), group.end()) for group in re.finditer(r"\d+", run)]
        made, position = [], 0
        for start, _ in groups:
            if start < position:
                continue
            ends = [end for _, end in groups if end > start]
            end = next((end for end in reversed(ends) if _is_card(run[start:end])), None)
            if end is not None:
                made += [run[position:start], self._token("CARD", _digits(run[start:end]))]
                position = end
        return "".join([*made, run[position:]])

    def _ssn(self, found: re.Match[str]) -> str:
        number = _digits(found[0])
        return self._token("SSN", number) if ssn.is_valid(number) else found[0]

    def _phone(self, found: re.Match[str]) -> str:
        number = found[0]
        if len(_digits(number)) not in _PHONE_DIGITS or _DATE.match(number) or _AMOUNT.match(number):
            return number
        before = found.string[max(0, found.start() - 30) : found.start()]
        if before.endswith("("):
            number_start = ""
        elif not number.startswith("+") and _REFERENCE_BEFORE.search(before):
            return number
        else:
            number_start = number[0]
        for region in [None] if number_start == "+" else self._regions:
            try:
                parsed = phonenumbers.parse(number, region)
            except phonenumbers.NumberParseException:
                continue
            formatted = number_start == "+" or re.search(r"\d[\s().\-/]+\d", number)
            if phonenumbers.is_valid_number(parsed) or (
                formatted and phonenumbers.is_possible_number(parsed)
            ):
                return self._token("PHONE", _digits(number)[-7:])
        return number


def readable(text: str) -> str:
    """A text in NFKC without invisible characters: full-width digits become digits."""
    if text.isascii():
        return text
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=10_000)
def redact_value(text: str) -> str:
    """A single value without personal data, for messages and the quarantine."""
    return TicketRedactor().redact(text)


_INVISIBLE = re.compile(INVISIBLE)


def _card_secret(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - _CONTEXT) : found.start()]
    return "<CVV>" if _CVV_WORD_BEFORE.search(before) else found[0]


def _one_time_code(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - _CONTEXT) : found.start()]
    is_code = (_CODE_HINT.search(before) and _CODE_WORD_BEFORE.search(before)) or _CODE_WORD_AFTER.match(
        found.string, found.end()
    )
    return "<CODE>" if is_code else found[0]


def _stands_in_parts(name: str) -> bool:
    """Whether each part of a name can be looked for alone: not `Bo Li`, nor a script without spaces."""
    return name.isascii() and all(len(part) >= _SHORTEST_NAME_PART for part in _WORD.findall(name))


def _spelled_out(found: re.Match[str]) -> str:
    return "@" if (found[1] or found[2]).lower() == "at" else "."


def _digits(text: str) -> str:
    """The digits of a text as 0 to 9, whatever the script they are written in."""
    return "".join(str(unicodedata.digit(digit)) for digit in _DIGIT.findall(text))


def _is_card(text: str) -> bool:
    number = _digits(text)
    return len(number) in _CARD_LENGTHS and number[0] in "23456" and luhn.is_valid(number)
