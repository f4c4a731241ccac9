"""What an emulator can be told to do wrong, while it runs: what clients met, and what they must expect."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Traps(BaseModel):
    """All off. Counts go down with each request that they are applied to: one that fits `only` and `only_method`."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    only: str = Field(default="", description="what a path has to hold for the counts to apply to it")
    only_method: str | None = Field(default=None, description="the method that a request has to have for the counts")
    after: int = Field(default=0, ge=0, description="next requests that the counts leave alone")
    busy: int = Field(default=0, ge=0, description="next requests that are answered 429")
    retry_after: str | None = Field(default="0", description="the header that goes with 429")
    broken: int = Field(default=0, ge=0, description="next requests that are answered 502 with an HTML page")
    html: int = Field(default=0, ge=0, description="next requests that are answered 200 with an HTML page")
    slow: int = Field(default=0, ge=0, description="next requests that are answered late")
    slow_seconds: float = Field(default=1.0, ge=0, le=60)
    lose_answers: int = Field(default=0, ge=0, description="next changes that are carried out and answered 504")
    bom: bool = Field(default=False, description="bodies begin with a byte order mark")

    page_shape: Literal["flat", "controls", "mixed"] = "flat"
    null_totals: bool = False
    totals_off_by: int = Field(default=0, description="how much totals are more than they should be")
    rows_at_most: int | None = Field(default=None, ge=1, description="rows a page, whatever is asked for")
    same_page: bool = Field(default=False, description="the first page is given whatever the offset is")
    broken_offsets: list[int] = Field(default=[], description="pages of accounts that are always an HTML page")
    nameless_accounts: int = Field(default=0, ge=0, description="accounts without an id at the end of the list")
    unknown_values: bool = Field(default=False, description="values of enumerations that nobody knows yet")

    failing: dict[str, list[Literal["all", "devices", "allocations", "audience"]]] = Field(
        default={}, description="what fails of which accounts"
    )
    summary_shape: Literal["items", "by_product", "grouped", "bare", "days_left", "unknown"] = "items"
    hide_licenses: bool = Field(default=False, description="the summary does not show licence keys")
    late_summary: bool = Field(default=False, description="changes do not show in the summary")
    quantity_means: Literal["total", "difference"] = "total"
    activation: Literal["succeeds", "stays_pending", "fails"] = "succeeds"
    token_seconds: int = Field(default=3600, ge=1)

    def left_alone(self, path: str, method: str) -> bool:
        """Whether the counts do not apply to a request: it does not fit, or its turn has not come."""
        if self.only not in path or self.only_method not in (None, method):
            return True
        if self.after == 0:
            return False
        self.after -= 1
        return True

    def takes(self, name: Literal["busy", "broken", "html", "slow", "lose_answers"]) -> bool:
        """Whether this request is one of the next that a count is for; then there is one less."""
        left: int = getattr(self, name)
        if left:
            setattr(self, name, left - 1)
        return left > 0
