"""The reports of the desk: pages of plots and tables, made from enrollment.figures."""

from django.utils.translation import gettext_lazy as _

from enrollment.admin.reports.clicks import click_sections
from enrollment.admin.reports.closing import closing_sections
from enrollment.admin.reports.fill import fill_sections
from enrollment.admin.reports.forecast import forecast_sections
from enrollment.admin.reports.funnel import funnel_sections, split_sections
from enrollment.admin.reports.responses import response_sections
from enrollment.admin.reports.sections import Report
from enrollment.admin.reports.workload import workload_sections

SCOPE = ("course", "source", "owner")
PERIOD = ("period", "first", "last", "compare")

FUNNEL = Report("funnel", _("Funnel"), funnel_sections, (*PERIOD, *SCOPE))
CLICKS = Report("clicks", _("Call and WhatsApp"), click_sections, PERIOD)

REPORTS = {
    report.name: report
    for report in (
        FUNNEL,
        Report("split", _("Breakdown"), split_sections, ("split", *PERIOD, *SCOPE)),
        Report("responses", _("First answers"), response_sections, (*PERIOD, *SCOPE)),
        Report("workload", _("Workload"), workload_sections, (*PERIOD, *SCOPE)),
        Report("forecast", _("Forecast of seats"), forecast_sections, SCOPE),
        Report("cohorts", _("Cohorts and revenue"), fill_sections, (*PERIOD, *SCOPE)),
        Report("closing", _("Closing reasons"), closing_sections, (*PERIOD, *SCOPE)),
        CLICKS,
    )
}
"""Every report by its name in the address, in the order of the navigation."""
