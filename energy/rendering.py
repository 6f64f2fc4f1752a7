"""The energy sources report as CSV, XLSX and PDF: the same figures, digit for digit."""

import csv
import io
from collections.abc import Callable
from decimal import Decimal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import XPos, YPos
from xlsxwriter import Workbook

from cpms.kernel.zones import zone_of
from energy.domain.energy_report import Report
from energy.domain.flows import QUARTER
from stations.models import Location

COLUMNS = ("source", "kwh", "to_vehicles_kwh", "losses_kwh", "cost", "currency", "co2_kg")
TOTAL = "Total"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
WIDTHS_MM = (54, 24, 28, 24, 24, 26)
LINE_MM = 7

Row = tuple[str, Decimal, Decimal, Decimal, Decimal | None, str, Decimal | None]


def rows_of(report: Report) -> list[Row]:
    """A row for each source, and the total."""
    rows: list[Row] = [
        (one.source, one.kwh, one.to_vehicles_kwh, one.losses_kwh, one.cost, report.currency,
         one.co2_kg)
        for one in report.lines
    ]  # fmt: skip
    total: Row = (TOTAL, report.kwh, report.ev_kwh, report.losses_kwh, report.cost,
                  report.currency, report.co2_kg)  # fmt: skip
    return [*rows, total]


def as_csv(location: Location, report: Report) -> bytes:
    """UTF-8; a text that a spreadsheet would take for a formula is quoted."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["location_id", "period", *COLUMNS, "estimated"])
    for source, *figures in rows_of(report):
        shown = ["" if figure is None else figure for figure in figures]
        head = [_plain(location.ocpi_id), report.period, _plain(source)]
        writer.writerow([*head, *shown, "yes" if report.estimated else "no"])
    return text.getvalue().encode()


def as_xlsx(location: Location, report: Report) -> bytes:
    """A sheet of the sums, and one of the quarter-hours."""
    data = io.BytesIO()
    book = Workbook(
        data, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet(_("Sources"))
    sheet.write_string(0, 0, f"{location}: {_('energy sources')} {report.period}", bold)
    for column, name in enumerate(COLUMNS):
        sheet.write_string(2, column, name, bold)
    for place, row in enumerate(rows_of(report), 3):
        for column, value in enumerate(row):
            if isinstance(value, Decimal):
                sheet.write_number(place, column, float(value))
            else:
                sheet.write_string(place, column, value or "")
    for place, note in enumerate(report.notes, len(report.lines) + 5):
        sheet.write_string(place, 0, note)
    sheet.set_column(0, 0, 32)
    _quarters_sheet(book, location, report)
    book.close()
    return data.getvalue()


def _quarters_sheet(book: Workbook, location: Location, report: Report) -> None:
    sheet = book.add_worksheet(_("Quarter-hours"))
    zone = zone_of(location.time_zone)
    names = [line.source for line in report.lines]
    for column, name in enumerate([_("from (local time)"), *(f"{name}, kWh" for name in names)]):
        sheet.write_string(0, column, name)
    for place, mix in enumerate(report.course):
        at = (report.begins + place * QUARTER).astimezone(zone)
        sheet.write_string(place + 1, 0, at.isoformat(timespec="minutes"))
        for column, kwh in enumerate(report.kwh_by_line(mix), 1):
            sheet.write_number(place + 1, column, round(kwh, 4))
    sheet.set_column(0, 0, 24)


def as_pdf(location: Location, report: Report) -> bytes:
    """A page or two: the sums, the notes, and each day."""
    page = FPDF()
    page.set_title(_("Energy sources %s") % report.period)
    page.add_page()
    page.set_font("Helvetica", "B", 16)
    _line(page, _("Energy sources of %(location)s") % {"location": location})
    page.set_font("Helvetica", "", 11)
    _line(page, f"{report.period}, {_('local time of %s') % location.time_zone}")
    page.ln(4)
    head = [_("Source"), "kWh", _("to vehicles"), _("losses"), report.currency, "kg CO2"]
    _table(page, head, [[_text(one) for one in (*row[:5], row[6])] for row in rows_of(report)])
    page.ln(4)
    for note in report.notes:
        _line(page, f"{_('Estimated:')} {note}")
    page.ln(4)
    days = _days(location, report)
    if days:
        names = [line.source for line in report.lines][: len(WIDTHS_MM) - 1]
        _table(page, [_("Day, kWh to vehicles"), *names], days)
    return bytes(page.output())


def _days(location: Location, report: Report) -> list[list[str]]:
    zone = zone_of(location.time_zone)
    sums: dict[str, list[float]] = {}
    for place, mix in enumerate(report.course):
        day = (report.begins + place * QUARTER).astimezone(zone).date().isoformat()
        held = sums.setdefault(day, [0.0] * len(report.lines))
        for column, kwh in enumerate(report.kwh_by_line(mix)):
            held[column] += kwh
    return [
        [day, *(f"{kwh:.1f}" for kwh in held[: len(WIDTHS_MM) - 1])] for day, held in sums.items()
    ]


def _table(page: FPDF, head: list[str], rows: list[list[str]]) -> None:
    page.set_font("Helvetica", "B", 9)
    _cells(page, head)
    page.set_font("Helvetica", "", 9)
    for row in rows:
        _cells(page, row)


def _cells(page: FPDF, texts: list[str]) -> None:
    for column, (text, width) in enumerate(zip(texts, WIDTHS_MM, strict=False)):
        align = "L" if column == 0 else "R"
        page.cell(width, LINE_MM, _latin(text)[: width // 2], border="B", align=align)
    page.ln(LINE_MM)


def _line(page: FPDF, text: str) -> None:
    page.cell(0, LINE_MM, _latin(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)


def _latin(text: str) -> str:
    """The built-in fonts know Latin-1; what else there is becomes a question mark."""
    return text.replace("’", "'").encode("latin-1", "replace").decode("latin-1")


def _text(value: str | Decimal | None) -> str:
    return _("not known") if value is None else str(value)


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


FORMATS: dict[str, tuple[str, Callable[[Location, Report], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
    "pdf": ("application/pdf", as_pdf),
}


def download(wanted: str, location: Location, report: Report) -> HttpResponse:
    """The report as a file of one of the `FORMATS`."""
    kind, render = FORMATS[wanted]
    answer = HttpResponse(render(location, report), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="energy-{report.period}.{wanted}"'
    return answer
