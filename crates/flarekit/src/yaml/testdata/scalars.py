"""Writes scalars.tsv: plain scalars and what PyYAML's safe_load takes them for.

Run with PyYAML 6: python scalars.py > scalars.tsv
"""

import datetime
import itertools

import yaml

WORDS = """~ null Null NULL nULL none nil yes Yes YES yEs no No NO nO true True TRUE tRUE false False
FALSE on On ON off Off OFF oFF y Y n N t f = == << <<< < - -- + . .. _ a a.b a:b a#b site-1 1.0.0
0 -0 +0 00 -00 0_ 0__7 010 -010 08 09 0o10 0O7 07_1 1 -1 +1 12345 1_000 1__ _1 1_ -_1 +-1 1,000
0b 0b_ 0b1 0b1_0 -0b11 0b2 0B1 0x 0x_ 0x1F 0xg 0XF -0xf 1:20 -1:20 1:60 1:59:59 01:20 0:20 1:2:3:4
1_0:30 1:020 20:1 9223372036854775807 9223372036854775808 -9223372036854775808 -9223372036854775809
1. .5 -.5 +.5 ._5 .5_ 1.5 -1.5 1_0.5 1._5 1e3 1E3 1.e3 1.0e3 1.0e+3 1.0E-3 1.0e+ 1.0e+3_ .5e+1 ..5
1.2.3 1.inf .inf .Inf .INF .iNF -.inf +.inf .nan .NaN .NAN -.nan .nAN 1:20.5 1:60.5 -1:20. 1:20.5e+1
0:1.5 00:01. 1e+3 10.0.1.50 2020-01-01 2020-1-1 2020-13-01 2020-00-01 2020-02-29 2019-02-29
2000-02-29 1900-02-29 0000-01-01 0001-01-01 9999-12-31 2020-01-32 2020-04-31 20200-01-01 -2020-01-01
2020-01-01T00:00:00 2020-1-1T0:00:00 2020-01-01t10:00:00Z 2020-01-01T24:00:00 2020-01-01T10:60:00
2020-01-01T10:00:60 2020-01-01T10:00:00. 2020-01-01T10:00:00.123456789 2020-01-01T10:00:00z
2020-01-01T10:00:00+23:59 2020-01-01T10:00:00+24 2020-01-01T10:00:00-23:60 2020-01-01T10:00:00+5
2020-01-01T10:00:00+005 2020-01-01T10:00:00-00 2020-01-01T10:00 2020-01-01TT10:00:00""".split()
SPACED = ["", "2020-01-01 10:00:00", "2020-01-01  1:00:00.5 -5", "2020-01-01 10:00:00 Z", "no no",
          "2020-01-01 T10:00:00", "1 2", "2020-01-01 10:00:00 +5:0", "é", "ｎo", "١", "1" * 640]
KINDS = {type(None): "null", bool: "bool", int: "int", float: "float", str: "text",
         datetime.date: "time", datetime.datetime: "time"}

for text in itertools.chain(WORDS, SPACED):
    try:
        value = yaml.safe_load("- " + text)[0]
    except (yaml.YAMLError, ValueError, OverflowError):
        print(text, "error", "", sep="\t")
        continue
    shown = value if type(value) in (bool, int) else ""
    print(text, KINDS.get(type(value), "other"), shown, sep="\t")
