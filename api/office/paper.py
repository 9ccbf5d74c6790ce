"""Documents for printing: A4, Chinese fonts, tables with repeated headings, numbered pages."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from rules.text import for_xml

_BODY, _HEAD = "宋体", "黑体"
_TEXT, _SMALL = Pt(12), Pt(9)
Cell = str | int


class Paper:
    """A document with a title and a subtitle."""

    def __init__(self, title: str, subtitle: str) -> None:
        self.document: Any = Document()
        self.document.core_properties.title = title
        self.document.core_properties.author = ""
        self._lay_out()
        self._line(title, _HEAD, Pt(18), WD_ALIGN_PARAGRAPH.CENTER)
        self._line(subtitle, _BODY, _TEXT, WD_ALIGN_PARAGRAPH.CENTER)
        self._number_pages()

    def _lay_out(self) -> None:
        section = self.document.sections[0]
        section.orientation = WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(2.2)
        _set_font(self.document.styles["Normal"], _BODY, _TEXT)
        _set_font(self.document.styles["Heading 1"], _HEAD, Pt(14))

    def _line(self, text: str, font: str, size: Pt, alignment: WD_ALIGN_PARAGRAPH) -> None:
        paragraph = self.document.add_paragraph()
        paragraph.alignment = alignment
        _set_font(paragraph.add_run(for_xml(text)), font, size)

    def heading(self, text: str) -> None:
        self.document.add_heading(for_xml(text), level=1)

    def paragraph(self, text: str) -> None:
        """Adds a paragraph, its first line indented by two characters."""
        paragraph = self.document.add_paragraph(for_xml(text))
        paragraph.paragraph_format.first_line_indent = 2 * _TEXT
        paragraph.paragraph_format.line_spacing = 1.5

    def note(self, text: str) -> None:
        """Adds a small line, above or below a table."""
        self._line(text, _BODY, _SMALL, WD_ALIGN_PARAGRAPH.LEFT)

    def table(
        self, head: Sequence[str], rows: Sequence[Sequence[Cell]], widths: Sequence[float], height: float | None = None
    ) -> None:
        """Adds a table. The widths of columns and the least height of rows are in centimetres."""
        table = self.document.add_table(rows=0, cols=len(head), style="Table Grid")
        table.alignment = WD_TABLE_ALIGNMENT.CENTER
        table.autofit = False
        for number, texts in enumerate([head, *rows]):
            row = table.add_row()
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if number == 0:
                properties.append(OxmlElement("w:tblHeader"))
            elif height is not None:
                row.height = Cm(height)
            for cell, text, width in zip(row.cells, texts, widths, strict=True):
                cell.width = Cm(width)
                _fill(cell, text, bold=number == 0)

    def signatures(self, *names: str) -> None:
        """Adds a line with blanks for signatures."""
        self.document.add_paragraph()
        self._line("    ".join(f"{name}：____________" for name in names), _BODY, _TEXT, WD_ALIGN_PARAGRAPH.RIGHT)

    def _number_pages(self) -> None:
        paragraph = self.document.sections[0].footer.paragraphs[0]
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for before, field in (("第 ", "PAGE"), (" 页 共 ", "NUMPAGES")):
            paragraph.add_run(before)
            _add_field(paragraph.add_run(), field)
        paragraph.add_run(" 页")


def written(day: date) -> str:
    """A date such as 「2024年1月8日」."""
    return f"{day.year}年{day.month}月{day.day}日"


def _set_font(styled: Any, name: str, size: Pt) -> None:
    """Sets the font of Latin and of Chinese text, instead of the template's theme fonts."""
    styled.font.name, styled.font.size = name, size
    styled.font.color.rgb = None
    fonts = styled.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)
    fonts.set(qn("w:eastAsia"), name)


def _fill(cell: Any, text: Cell, *, bold: bool) -> None:
    paragraph = cell.paragraphs[0]
    centred = bold or isinstance(text, int)
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER if centred else WD_ALIGN_PARAGRAPH.LEFT
    run = paragraph.add_run(for_xml(str(text)))
    run.bold = bold
    _set_font(run, _BODY, _SMALL)


def _add_field(run: Any, instruction: str) -> None:
    """Adds a field, which the word processor evaluates."""
    for kind in ("begin", None, "end"):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = instruction
        run._r.append(element)
