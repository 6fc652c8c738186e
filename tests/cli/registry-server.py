#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A registry of models for test-fetch.sh, with faults on request.

usage: registry-server.py FOLDER

Writes its port to FOLDER/port, where there is a FOLDER/cert.pem that of HTTPS to FOLDER/tls-port, and each request to FOLDER/log: "STATUS PATH RANGE". The first part of a path is the fault:
/cut/db/models.json is a registry whose files are below /cut/. The registries /bad-NAME/ are wrong themselves.
"""
import gzip
import hashlib
import http.server
import json
import os
import random
import ssl
import sys
import threading
import time

FOLDER = sys.argv[1]
CUT = 30000


def zstd_raw(data):
    """A frame of Zstandard whose blocks are not packed."""
    frame = b"\x28\xb5\x2f\xfd\xa0" + len(data).to_bytes(4, "little")
    starts = range(0, len(data), 65536)
    for start in starts:
        block = data[start:start + 65536]
        frame += (len(block) << 3 | (start == starts[-1])).to_bytes(3, "little") + block
    return frame


def content(pair, name, size):
    return random.Random(pair + name).randbytes(size)


def packed(path):
    """What is at a path: a file of any name in models/PAIR/ARCHITECTURE/ exists."""
    _, pair, _, name = path.split("/")
    size = 120000 if name.startswith("model") else 20000
    if name.endswith(".gz"):
        return gzip.compress(content(pair, name[:-3], size), mtime=0)
    if name.endswith(".zst"):
        return zstd_raw(content(pair, name[:-4], size))
    return content(pair, name, size)


def entry(pair, architecture, status, comet, pack=".gz", vocabs=("vocab",)):
    joined = pair.replace("-", "")
    base = f"models/{pair}/{architecture}"
    model = f"model.{joined}.intgemm.alphas.bin"
    bare = content(pair, model, 120000)
    files = {"model": {"path": f"{base}/{model}{pack}", "uncompressedSize": len(bare),
                       "uncompressedHash": hashlib.sha256(bare).hexdigest()},
             "lexicalShortlist": {"path": f"{base}/lex.50.50.{joined}.s2t.bin{pack}"}}
    for vocab in vocabs:
        files[vocab] = {"path": f"{base}/{vocab.lower()}.{joined}.spm{pack}"}
    source, target = pair.split("-")
    return {"architecture": architecture, "releaseStatus": status, "sourceLanguage": source, "targetLanguage": target,
            "files": files, "metrics": {"flores200-plus": {"comet22": comet, "bleu": 30.5}}}


def registry():
    return {"generated": "2026-01-01T00:00:00Z", "models": {
        "en-fr": [entry("en-fr", "base", None, 0.9), entry("en-fr", "tiny", "Release", 0.85),
                  entry("en-fr", "base-memory", "Release", 0.87)],
        "en-de": [entry("en-de", "tiny", "Release Android", 0.8, pack=".zst")],
        "en-zh_hant": [entry("en-zh_hant", "base", "Nightly", 0.7, pack="", vocabs=("srcVocab", "trgVocab"))]}}


def with_file(key, value, role="model"):
    data = registry()
    data["models"]["en-fr"][2]["files"][role][key] = value
    return data


def bad(name):
    """Registries that are wrong."""
    data = registry()
    first = data["models"]["en-fr"][2]
    path = first["files"]["model"]["path"]
    if name == "up":
        return with_file("path", "models/../../../etc/passwd.gz")
    if name == "absolute":
        return with_file("path", "/etc/passwd.gz")
    if name == "elsewhere":
        return with_file("path", "http://example.com/model.bin.gz")
    if name == "hidden":
        return with_file("path", "models/en-fr/tiny/.bashrc.gz")
    if name == "card":
        return with_file("path", "models/en-fr/tiny/registry.json.gz")
    if name == "escape":
        return with_file("path", "models/en-fr/tiny/\x1b[2Jmodel.bin.gz")
    if name == "long":
        return with_file("path", "a/" * 5000 + "model.bin.gz")
    if name == "same":
        return with_file("path", path, role="vocab")
    if name == "size":
        return with_file("uncompressedSize", 1 << 62)
    if name == "negative":
        return with_file("uncompressedSize", -5)
    if name == "hash":
        return with_file("uncompressedHash", "0" * 63)
    if name == "type":
        return with_file("path", 12)
    if name == "base":
        data["baseUrl"] = "file:///etc"
    elif name == "no-vocab":
        del first["files"]["vocab"]
    elif name == "status":
        first["releaseStatus"] = "Rel\x1b[2Jease"
    elif name == "other":
        first["targetLanguage"] = "de"
    elif name == "pair":
        data["models"]["../../x"] = []
    elif name == "models":
        data["models"] = 7
    elif name == "many":
        data["models"]["en-fr"] *= 100
    elif name == "deep":
        return "[" * 100000
    elif name == "html":
        return "<html>Sign in to the wireless network</html>"
    elif name == "large":
        return '{"models": {}, "x": "' + "x" * (17 << 20) + '"}'
    return data


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    served = 0

    def log_message(self, *args):
        pass

    def note(self, status):
        with open(os.path.join(FOLDER, "log"), "a") as log:
            log.write(f"{status} {self.path} {self.headers.get('Range', '-')}\n")

    def answer(self, status, body, headers=(), send=None):
        self.note(status)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(body if send is None else body[:send])
        if send is not None and send < len(body):
            self.close_connection = True

    def do_GET(self):
        fault, rest = self.path[1:].split("/", 1)
        if rest == "db/models.json" and fault != "insecure":
            data = bad(fault[4:]) if fault.startswith("bad-") else self.registry(fault)
            self.answer(200, (data if isinstance(data, str) else json.dumps(data)).encode())
        elif fault == "absent" or (fault == "missing" and "lex" in rest):
            self.answer(404, b"no")
        elif fault == "insecure":
            with open(os.path.join(FOLDER, "port")) as port:
                self.answer(302, b"", [("Location", f"http://127.0.0.1:{port.read()}/plain/" + rest)])
        elif fault == "away" and not rest.startswith("there/"):
            self.answer(302, b"", [("Location", "/plain/" + rest)])
        else:
            self.send_file(fault, rest)

    def registry(self, fault):
        data = registry()
        model = data["models"]["en-fr"][2]["files"]["model"]
        if fault == "wrong-hash":
            model["uncompressedHash"] = "0" * 64
        elif fault == "wrong-size":
            model["uncompressedSize"] -= 1
        elif fault == "wrong-packed":
            data["models"]["en-fr"][2]["files"]["vocab"]["hash"] = "1" * 64
        elif fault == "insecure-base":
            data["baseUrl"] = "http://127.0.0.1/plain"
        elif fault == "newer":
            data["models"]["en-fr"][2]["files"]["model"]["path"] = model["path"].replace("model.enfr", "model.v2.enfr")
            bare = content("en-fr", "model.v2.enfr.intgemm.alphas.bin", 120000)
            model["uncompressedHash"] = hashlib.sha256(bare).hexdigest()
        return data

    def send_file(self, fault, path):
        body = packed(path)
        Handler.served += 1
        etag = '"%s"' % (Handler.served if fault == "changing" else hashlib.sha256(body).hexdigest()[:16])
        if fault == "not-packed":
            body = b"This is no gzip." * 100
        if fault == "dated":
            etag = "Wed, 01 Jan 2025 00:00:00 GMT"
        headers = [("Last-Modified" if fault == "dated" else "ETag", etag), ("Accept-Ranges", "bytes")]
        start, wanted = 0, self.headers.get("Range")
        if wanted and self.headers.get("If-Range") == etag and fault != "no-range":
            start = int(wanted[len("bytes="):].rstrip("-"))
            if start >= len(body):
                self.answer(416, b"")
                return
            headers.append(("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}"))
        if fault == "slow":
            self.send_slowly(body[start:], 206 if start else 200, headers)
            return
        send = {"cut": CUT, "dated": CUT, "changing": CUT, "no-range": CUT if not wanted else None,
                "stuck": max(CUT - start, 0)}.get(fault)
        self.answer(206 if start else 200, body[start:], headers, send)

    def send_slowly(self, body, status, headers):
        """Two seconds for a model."""
        self.note(status)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for header in headers:
            self.send_header(*header)
        self.end_headers()
        try:
            for at in range(0, len(body), 6000):
                self.wfile.write(body[at:at + 6000])
                time.sleep(0.1)
        except OSError:
            self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass    # who is cut off, or stops, leaves a broken pipe


def serve(server, name):
    path = os.path.join(FOLDER, name)
    with open(path + ".tmp", "w") as port:
        port.write(str(server.server_port))
    os.rename(path + ".tmp", path)
    server.serve_forever()


CERTIFICATE = os.path.join(FOLDER, "cert.pem")
if os.path.exists(CERTIFICATE):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    secure = Server(("127.0.0.1", 0), Handler)
    secure.socket = context.wrap_socket(secure.socket, server_side=True)
    threading.Thread(target=serve, args=(secure, "tls-port"), daemon=True).start()
serve(Server(("127.0.0.1", 0), Handler), "port")
