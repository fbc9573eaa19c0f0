"""What a person's runs have used on a day, where that is limited."""

from datetime import UTC
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone


class SpendingQuerySet(models.QuerySet["Spending"]):
    """Named queries on what was spent."""

    def charge(self, owner_id: int, tokens: int, cost: Decimal | None) -> None:
        """Add to what a person's runs have used today (UTC)."""
        today = timezone.now().astimezone(UTC).date()
        mine = self.filter(owner=owner_id, day=today)
        more = {"tokens": F("tokens") + tokens, "cost": F("cost") + (cost or 0)}
        if not mine.update(**more):
            self.bulk_create([Spending(owner_id=owner_id, day=today)], ignore_conflicts=True)
            mine.update(**more)


class Spending(models.Model):
    """The tokens and the money that one person's runs used on one day (UTC); kept only while there is a cap on a day."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="spendings", help_text="Whose runs they were.")
    day = models.DateField(help_text="The day, in UTC.")
    tokens = models.PositiveBigIntegerField(default=0, help_text="Tokens that models were sent and gave.")
    cost = models.DecimalField(max_digits=14, decimal_places=6, default=0, help_text="US dollars, as far as prices are known.")

    objects = SpendingQuerySet.as_manager()

    class Meta:
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["owner", "day"], name="one_spending_a_day")]

    def __str__(self) -> str:
        return f"{self.owner} on {self.day}"
