"""Opens an exported file with programs that know nothing of Kaibiao, and says as
JSON what is in it: `open.py csv|xlsx|xml|zip FILE`."""

import csv
import hashlib
import json
import sys
import xml.etree.ElementTree as etree
import zipfile

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def column(reference):
    """The number of a cell's column, from its reference (`AB12`)."""
    number = 0
    for letter in reference:
        if letter.isalpha():
            number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def workbook(file):
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        read = lambda name: etree.fromstring(archive.read(name))
        strings = [
            "".join(text.text or "" for text in item.iter(MAIN + "t"))
            for item in read("xl/sharedStrings.xml").iter(MAIN + "si")
        ]
        styles = read("xl/styles.xml")
        own = {it.get("numFmtId"): it.get("formatCode") for it in styles.iter(MAIN + "numFmt")}
        formats = [
            own.get(it.get("numFmtId"), it.get("numFmtId"))
            for it in styles.find(MAIN + "cellXfs").iter(MAIN + "xf")
        ]
        names = [it.get("name") for it in read("xl/workbook.xml").iter(MAIN + "sheet")]
        sheets = []
        for index, name in enumerate(names, 1):
            sheet = read(f"xl/worksheets/sheet{index}.xml")
            pane = sheet.find(f".//{MAIN}pane")
            rows = []
            for row in sheet.iter(MAIN + "row"):
                cells = {}
                for cell in row.iter(MAIN + "c"):
                    kind = cell.get("t", "n")
                    value = cell.find(MAIN + "v")
                    value = None if value is None else value.text
                    cells[column(cell.get("r"))] = {
                        "kind": kind,
                        "value": strings[int(value)] if kind == "s" else value,
                        "formula": cell.find(MAIN + "f") is not None,
                        "format": formats[int(cell.get("s", "0"))],
                    }
                rows.append([cells.get(at) for at in range(max(cells, default=-1) + 1)])
            widths = [float(it.get("width")) for it in sheet.iter(MAIN + "col")]
            frozen = pane is not None and pane.get("state") == "frozen" and pane.get("ySplit")
            sheets.append({"name": name, "rows": rows, "frozen": frozen, "widths": widths})
        return sheets


def table(file):
    raw = open(file, "rb").read()
    lines = list(csv.reader(raw.decode("utf-8-sig").splitlines(keepends=True), strict=True))
    return {"marked": raw.startswith(b"\xef\xbb\xbf"), "rows": lines, "crlf": raw.endswith(b"\r\n")}


def tree(file):
    def of(element):
        return [element.tag, element.text or "", [of(child) for child in element]]

    return of(etree.parse(file).getroot())


def archive(file):
    with zipfile.ZipFile(file) as opened:
        assert opened.testzip() is None
        digest = lambda name: hashlib.sha256(opened.read(name)).hexdigest()
        return {
            "files": [[it.filename, it.file_size, digest(it.filename)] for it in opened.infolist()],
            "manifest": json.loads(opened.read("manifest.json")),
            "sums": opened.read("SHA256SUMS").decode(),
        }


READERS = {"csv": table, "xlsx": workbook, "xml": tree, "zip": archive}
json.dump(READERS[sys.argv[1]](sys.argv[2]), sys.stdout)
