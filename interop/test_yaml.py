"""PyYAML reads what flarekit wrote and finds what it finds in the user's own file."""

import unittest
import zipfile

import yaml

import ceremony
from prepared import Prepared

DEFINITION = """\
name: hospital_federation
{before}
participants:
  - name: hospital-a
    type: client
    org: hospital_alpha
{properties}
"""

TRAPS = {
    "quoted_words": """\
    quoted: ['no', 'yes', 'on', 'off', 'true', 'null', '~', 'y', 'n', '', ' ', '=', '<<']
    plain: [no, yes, on, off, true, null, ~, y, n, No, NO, nO]""",
    "numbers": """\
    quoted: ['0o10', '010', '08', '1:20', '1_000', '1e3', '1.0e+3', '0x1F', '0b11', '.inf', '1.']
    plain: [0o10, 010, 08, 1:20, 190:20:30, 1_000, 1e3, 1.0e+3, 0x1F, 0b11, .inf, -.INF, .nan, 1.,
            +1, -0, -0.0, 685_230.15, 1.5e-300, 123456789012345678901234567890, 0.1, 1e-7]""",
    "dates": """\
    quoted: ['2020-01-01', '2001-12-14t21:59:43.10-05:00']
    plain: [2020-01-01, 2001-12-14t21:59:43.10-05:00, 2001-12-14 21:59:43.10, 2002-1-1 1:1:1]""",
    "unicode": """\
    plain: [Universitätsklinikum, 病院, café, "\\u00e9\\u0301", "\\U0001F3E5", "\\x85 \\u2028 \\u2029 \\uFEFF"]
    controls: "tab\\tbell\\anul\\0escape\\edel\\x7f"
    ключ: значение""",
    "multi_line_text": """\
    literal: |
      first line
        indented
      last line
    stripped: |-
      no newline at the end
    kept: |+
      two newlines follow

    folded: >
      one
      paragraph

      another
    indicator: |2
        starts with spaces
    quoted: "ends with spaces   \\n  starts with them"
    long: aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn oooo pppp qqqq rrrr ssss
    spaces: 'two  spaces, three   spaces, and a line that is long enough to be folded   by any emitter'""",
    "punctuation": """\
    texts: ['# no comment', 'a # b', 'a: b', 'a:', '- a', '-', '?', '? a', '[a', '{a', 'a]', 'a, b', '@a',
            '`a', '%a', '!a', '&a', '*a', '|', '>', '"', '''', 'a"b''c', ' leading', 'trailing ', '---', '...',
            'a\\b', 'C:\\dir']""",
    "nesting": """\
    nested: {a: {b: [{c: []}, {}, [[], [1, [2, {d: null}]]]]}, e: }
    ? complex key
    : - in: block
        style:
        - x
        -
        - - y""",
    "keys": """\
    mapping: {1: int, 1.5: float, true: bool, null: nothing, 2020-01-01: date, '1': text, 'true': text}""",
    "aliases": """\
    base: &base {gpus: 2, list: &list [a, b]}
    again: *base
    merged: {<<: *base, gpus: 4}
    more: [*list, *list]""",
    "merges": """\
    first: &first {gpus: 2, memory: 8}
    second: &second {disk: 1, memory: 8}
    third: &third {<<: *first, disk: 2}
    listed: {<<: [*first, *second]}
    own: {gpus: 1, <<: [*third, *second], disk: 3}
    again: {<<: [*first, *third]}""",
    "merge_list": """\
    first: &first {gpus: 2}
    second: &second {gpus: 4}
    merged: {<<: [*first, *second]}""",
    "merge_of_overriding": """\
    first: &first {x: 2}
    second: &second {<<: *first, x: 4}
    merged: {<<: *second}""",
    "tags": """\
    text: !!str 10
    number: !!int "10"
    real: !!float 1
    set: !!set {a, b}
    bytes: !!binary aGVsbG8=""",
    "comments_and_markers": """\
    # a comment
    value: 1 # another
    text: "#"
    end: last""",
}

REFUSABLE = ("keys", "merge_list", "merge_of_overriding", "tags")
"""What a strict reader may refuse; what it accepts, it must read as PyYAML does."""

IDENTITIES = ("no", "null", "true", "y", "0o10", "010", "1_000", "1e3", "2020-01-01", "0x1F", "1-2")
"""Names of sites that plain YAML would read as something else."""


class Yaml(Prepared):
    """Definitions full of traps, through `cert request` and on to a kit."""

    cases = {}

    @classmethod
    def prepare(cls):
        cls.profile = cls.place.write("profile.yaml", ceremony.profile())
        cls.ca = cls.place / "ca"
        cls.reference.init(cls.place, cls.profile, cls.ca)

    @classmethod
    def work(cls, place, text, name, refusable=False):
        site = place.write("participant.yaml", text)
        original = yaml.safe_load(text)
        words = ("cert", "request", "-p", site, "--out", place / "request")
        expected = None if refusable else 0
        made = cls.flarekit.run(*words, cwd=place.path, home=place.home, expect=expected)
        if made.status == 4 and made.envelope["status"] == "error":
            return
        assert made.status == 0, str(made)
        local = yaml.safe_load((place / "request/site.yaml").read_bytes())
        assert shape(local) == shape(original), f"{shape(local)}\nis not\n{shape(original)}"

        request_zip = place / "request" / f"{name}.request.zip"
        check_copy(request_zip, original)
        for program in (cls.flarekit, cls.reference):
            ca = ceremony.copy_of(cls.ca, place / f"ca-{program.name}")
            signed = place / f"{program.name}.signed.zip"
            program.approve(place, request_zip, ca, cls.profile, signed)
            check_copy(signed, original)


def check_copy(archive, original):
    """The sanitized copy holds the same values, as far as they may be shared."""
    with zipfile.ZipFile(archive) as members:
        found = yaml.safe_load(members.read("site.yaml"))
    ours, users = shape(ceremony.shared(found)), shape(ceremony.shared(original))
    assert ours == users, f"{archive.name}: {ours}\nis not\n{users}"


def shape(value):
    """A text that is equal only for values of the same types, whatever the order of keys."""
    if isinstance(value, dict):
        pairs = sorted(f"{shape(key)}: {shape(inner)}" for key, inner in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}[" + ", ".join(map(shape, value)) + "]"
    if isinstance(value, set):
        return "set{" + ", ".join(sorted(map(shape, value))) + "}"
    return f"{type(value).__name__} {value!r}"


def add_tests():
    """One test a kind of trap, one a name, and texts that travel in the zips."""
    for name, properties in TRAPS.items():
        text = DEFINITION.format(before="", properties=properties)
        words = f"site.yaml with {name.replace('_', ' ')}"
        Yaml.add(name, words, text, "hospital-a", name in REFUSABLE)
    for name in IDENTITIES:
        text = ceremony.participant("client", name, org=name.replace("-", "_"))
        Yaml.add(f"name_{name.replace('-', '_')}", f"a site named '{name}'", text, name)
    for name, before in DESCRIPTIONS.items():
        text = DEFINITION.format(before=before, properties="")
        Yaml.add(f"description_{name}", f"a description with {name}", text, "hospital-a")
    Yaml.add("host_names", "a server's host_names through an alias", SERVER, ceremony.SERVER)


DESCRIPTIONS = {
    "unicode": 'description: "Universitätsklinikum 病院 \\U0001F3E5 \\u2028"',
    "lines": "description: |\n  Site A:\n    - one # not a comment\n\n  'quoted'\n",
    "quoted_no": "description: 'no'",
    "quoted_date": "description: '2020-01-01'",
    "windows_line_ends": 'description: "a\\r\\nb"',
}

SERVER = f"""\
name: hospital_federation
hosts: &hosts
  - 10.0.1.50
  - fl-server.internal
participants:
  - name: {ceremony.SERVER}
    type: server
    org: hospital_alpha
    host_names: *hosts
    default_host: '{ceremony.SERVER}'
    connection_security: mtls
"""

add_tests()

if __name__ == "__main__":
    unittest.main()
