"""Reports: what each fast version bought, measured against its plain one, with the proof that both are equal."""

from quantperf.reports.before_after import Step, before_after
from quantperf.reports.comparison import Report, Row, Start, Work
from quantperf.reports.gallery import Gallery, gallery

__all__ = ["Gallery", "Report", "Row", "Start", "Step", "Work", "before_after", "gallery"]
