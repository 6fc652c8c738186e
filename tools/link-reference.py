#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes links of what comments in headers name, for gi-docgen, which knows its own form of link alone.

usage: link-reference.py GIR OUT

name_of_a_function(), #Type and #Type:property become [method@Namespace.Type.name] and the like; what is no
symbol of the namespace stays as it is.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree

CORE = "{http://www.gtk.org/introspection/core/1.0}"
C = "{http://www.gtk.org/introspection/c/1.0}"
KINDS = {"constructor": "ctor", "method": "method", "function": "func"}


def find_links(gir):
    """What stands in comments -> the link that it becomes."""
    namespace = ElementTree.parse(gir).getroot().find(CORE + "namespace")
    name, links = namespace.get("name"), {}
    for scope in namespace.iter():
        inside = name if scope is namespace else f"{name}.{scope.get('name')}"
        if scope.get(C + "type"):
            links["#" + scope.get(C + "type")] = f"[type@{inside}]"
        for child in scope:
            kind = child.tag.removeprefix(CORE)
            if kind in KINDS and "moved-to" not in child.attrib:
                links[child.get(C + "identifier") + "()"] = f"[{KINDS[kind]}@{inside}.{child.get('name')}]"
            elif kind == "property":
                links[f"#{scope.get(C + 'type')}:{child.get('name')}"] = f"[property@{inside}:{child.get('name')}]"
    return links


def main():
    gir, out = sys.argv[1:]
    links = find_links(gir)
    symbol = re.compile(r"#\w+(?::[a-z][a-z-]*\w)?|\b\w+\(\)")
    with open(gir, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"<doc\b.*?</doc>", lambda doc: symbol.sub(lambda found: links.get(found[0], found[0]), doc[0]),
                  text, flags=re.DOTALL)
    with open(out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
