"""What DEBUG shows of an error, without what lets somebody in."""

from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter

from agentron.masking import masked
from workflows.concealing import conceal


class MaskedReporter(ExceptionReporter):
    """What DEBUG shows of an error, with the variables of every frame, masked."""

    def get_traceback_html(self) -> SafeString:
        # What was masked is escaped already, or plain text.
        return SafeString(conceal(masked(super().get_traceback_html())))

    def get_traceback_text(self) -> SafeString:
        return SafeString(conceal(masked(super().get_traceback_text())))
