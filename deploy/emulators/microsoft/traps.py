"""What the emulator does wrong when it is told to: everything that others were caught by, switchable while it runs."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

NextLink = Literal["plain", "two-question-marks", "without-prefix", "elsewhere", "garbled", "no-headers", "circle"]
Counted = Literal["throttle", "server_errors", "cut_bodies", "slow", "stale_etags", "refused_tokens", "login_errors"]


class Traps(BaseModel):
    """Those that count say how many of the next requests they catch; the others stay until they are switched off."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    bom: bool = Field(default=True, description="bodies begin with EF BB BF, as Microsoft's do")
    pascal_case: bool = Field(default=False, description="names begin with capitals, as in older samples")
    total_count: int | None = Field(default=None, description="what totalCount says, whatever is there")
    next_link: NextLink = "plain"
    throttle: int = Field(default=0, ge=0, description="429 to so many")
    retry_after: int | None = Field(default=57, ge=0, description="seconds that a 429 asks to wait")
    limit_per_minute: int | None = Field(default=None, ge=1, description="429 to what is beyond it")
    server_errors: int = Field(default=0, ge=0, description="503 to so many")
    server_error_body: Literal["html", "empty"] = "html"
    cut_bodies: int = Field(default=0, ge=0, description="half a body to so many")
    slow: int = Field(default=0, ge=0, description="so many are carried out, and answered late")
    slow_seconds: float = Field(default=0.0, ge=0, le=600)
    words: dict[str, str] = Field(default_factory=dict, description="by subscription: another status word")
    failing: dict[str, int] = Field(default_factory=dict, description="by customer: the HTTP status of all about him")
    accepted: bool = Field(default=False, description="changes are answered 202 and carried out by /_emulator/settle")
    stale_etags: int = Field(default=0, ge=0, description="2055 to so many changes that carry an etag")
    refused_tokens: int = Field(default=0, ge=0, description="401 to so many")
    echo: bool = Field(default=False, description="errors quote the token that was sent")
    login_errors: int = Field(default=0, ge=0, description="503 of the login to so many")
    one_use_refresh_tokens: bool = Field(default=False, description="a refresh token is good once")
    token_seconds: int = Field(default=3600, ge=1, description="how long an access token lives")

    def springs(self, name: Counted) -> bool:
        """Whether a counted trap catches this request; it catches one fewer from then on."""
        left: int = getattr(self, name)
        if left > 0:
            setattr(self, name, left - 1)
        return left > 0
