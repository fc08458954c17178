"""What runs a kit loads every PEM file that `verify` accepts: Python's ssl, cryptography and gRPC."""

import ssl
import tempfile
import unittest
from concurrent.futures import ThreadPoolExecutor

import ceremony
import grpc
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from programs import Place, flarekit

NAME = ceremony.NAMES["client"]
SECONDS = 20
"""A handshake on the loopback interface that takes longer has failed."""


def good(begin, body, end):
    """Ways to write a block (its lines) that must be accepted, as honest programs write them."""
    lines = [begin, *body, end]
    text = "\n".join(lines)
    every = "".join(body)
    return {
        "plain": text + "\n",
        "no line break at the end": text,
        "CRLF": "\r\n".join(lines) + "\r\n",
        "CRLF, none at the end": "\r\n".join(lines),
        "CRLF and LF in turns": "".join(line + ("\n", "\r\n")[at % 2] for at, line in enumerate(lines)),
        "blank lines before": "\n \t\n\r\n" + text + "\n",
        "blank lines after": text + "\n\n \n\t\r\n ",
        "space at the ends of lines": " \t\n".join(lines) + " ",
        "space and CRLF at the ends of lines": " \r\n".join(lines) + " ",
        "space at the end of BEGIN up to 76": "\n".join([begin.ljust(76), *body, end.ljust(76)]),
        **{
            f"lines of {width}": "\n".join([begin, *chunks(every, width), end])
            for width in (1, 4, 63, 65, 76)
        },
    }


def doubtful(begin, body, end):
    """Ways that some reader does not read, or that flarekit refuses all the same."""
    text = "\n".join([begin, *body, end, ""])
    every = "".join(body)
    third = body[2]
    padding = len(every) - len(every.rstrip("="))
    found = {
        "twice": text * 2,
        "text before": "x\n" + text,
        "text after": text + "x",
        "byte order mark": "\ufeff" + text,
        "CR": text.replace("\n", "\r"),
        "CRCRLF": text.replace("\n", "\r\r\n"),
        "CR at the end": text[:-1] + "\r",
        "header": text.replace("\n", "\nName: value\n\n", 1),
        "small letters": text.replace("BEGIN", "begin").replace("END", "end"),
        "six dashes at the end": text[:-1] + "-\n",
        "BEGIN and body in one line": text.replace("\n", "", 1),
        "END and body in one line": text.replace("\n" + end, end),
        "one line": "".join([begin, every, end]),
        "body in one line": "\n".join([begin, every, end, ""]),
        "padding taken away": text.replace("=", ""),
        "padding added": text.replace("\n" + end, "=\n" + end),
        "DOS's end of file": text + "\x1a",
    }
    # BoringSSL reads at most 253 bytes at once.
    for width in (77, 251, 252, 253, 254, 506):
        found[f"lines of {width}"] = "\n".join([begin, *chunks(every, width), end, ""])
        found[f"{width} with spaces"] = text.replace(third, third.ljust(width))
        found[f"BEGIN of {width} with spaces"] = text.replace(begin, begin.ljust(width))
    for name, blank in (("LF", "\n"), ("space", " \n"), ("CRLF", "\r\n")):
        found[f"{name} after BEGIN"] = text.replace("\n", "\n" + blank, 1)
        found[f"{name} inside"] = text.replace(third, blank + third)
        found[f"{name} before END"] = text.replace(end, blank + end)
    for name, character in (("space", " "), ("tab", "\t"), ("VT", "\v"), ("FF", "\f"), ("NUL", "\0")):
        found[f"{name} before BEGIN"] = character + text
        found[f"{name} at the end of BEGIN"] = text.replace(begin, begin + character)
        found[f"{name} before a line"] = text.replace(third, character + third)
        found[f"{name} in a line"] = text.replace(third, third[:30] + character + third[30:])
        found[f"{name} at the end of a line"] = text.replace(third, third + character)
        found[f"{name} before END line"] = text.replace(end, character + end)
        found[f"{name} at the end"] = text + character
    if padding:
        last = len(every) - padding - 1
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        other = alphabet[alphabet.index(every[last]) + 1]
        changed = every[:last] + other + every[last + 1 :]
        found["bits that stand for nothing"] = "\n".join([begin, *chunks(changed, 64), end, ""])
    return found


def chunks(text, width):
    """The text in lines of this width."""
    return [text[at : at + width] for at in range(0, len(text), width)]


class Pem(unittest.TestCase):
    """A kit of which one PEM file is written in another way."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="interop-")
        cls.addClassCleanup(folder.cleanup)
        cls.place, cls.program = Place(folder.name), flarekit()
        if not cls.program.verifies:
            raise unittest.SkipTest("the program has no 'verify'")
        place, program = cls.place, cls.program
        profile = place.write("profile.yaml", ceremony.profile())
        site = place.write("site.yaml", ceremony.participant("client"))
        program.init(place, profile, place / "ca")
        request, signed = place / "request", place / f"{NAME}.signed.zip"
        program.request(place, site, request)
        program.approve(place, request / f"{NAME}.request.zip", place / "ca", profile, signed)
        package = ("package", signed, "-w", place / "workspace", "--request-dir", request)
        program.run(*package, cwd=place.path, home=place.home)
        cls.kit = ceremony.kit_folder(place / "workspace", NAME)

    def test_root(self):
        """rootCA.pem is accepted as what runs a kit reads it"""
        self.rewritten("rootCA.pem")

    def test_certificate(self):
        """client.crt is accepted as what runs a kit reads it"""
        self.rewritten("client.crt")

    def test_key(self):
        """client.key is accepted as what runs a kit reads it"""
        self.rewritten("client.key")

    def rewritten(self, name):
        """Writes the file in each way; what is accepted must load, and the good ways are."""
        file = self.kit / "startup" / name
        original = file.read_bytes()
        begin, *body, end = original.decode().splitlines()
        wrong, accepted, refused = [], 0, 0
        ways = {**doubtful(begin, body, end), **good(begin, body, end)}
        try:
            for way, text in ways.items():
                file.write_bytes(text.encode())
                result = self.program.verify(self.place, self.kit, expect=None)
                if result.status == 0:
                    accepted += 1
                    wrong += [f"{way}: accepted, but {problem}" for problem in self.problems()]
                else:
                    refused += 1
                    if way in good(begin, body, end):
                        wrong.append(f"{way}: refused: {result.stdout}")
        finally:
            file.write_bytes(original)
        self.assertFalse(wrong, "\n".join(wrong))
        self.note = f"{accepted} ways accepted, {refused} refused"

    def problems(self):
        """What cannot be loaded, by whom."""
        startup = self.kit / "startup"
        paths = [startup / name for name in ("rootCA.pem", "client.crt", "client.key")]
        root, certificate, key = (path.read_bytes() for path in paths)

        def python_ssl():
            context = ssl.create_default_context(cafile=paths[0])
            context.load_cert_chain(paths[1], paths[2])

        def cryptography():
            x509.load_pem_x509_certificate(root)
            x509.load_pem_x509_certificate(certificate)
            load_pem_private_key(key, None)

        for load in (python_ssl, cryptography, lambda: handshake(root, certificate, key)):
            try:
                load()
            except Exception as error:
                yield f"{load.__name__}: {error!r}"


def handshake(root, certificate, key):
    """One call over gRPC, with these files at both ends."""

    class Echo(grpc.GenericRpcHandler):
        def service(self, details):
            return grpc.unary_unary_rpc_method_handler(lambda request, context: request)

    server = grpc.server(ThreadPoolExecutor(1))
    server.add_generic_rpc_handlers((Echo(),))
    both = grpc.ssl_server_credentials([(key, certificate)], root, True)
    port = server.add_secure_port("127.0.0.1:0", both)
    server.start()
    try:
        name = (("grpc.ssl_target_name_override", NAME),)
        credentials = grpc.ssl_channel_credentials(root, key, certificate)
        with grpc.secure_channel(f"127.0.0.1:{port}", credentials, name) as channel:
            assert channel.unary_unary("/test/echo")(b"hello", timeout=SECONDS) == b"hello"
    finally:
        server.stop(0)
