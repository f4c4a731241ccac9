"""Names of companies that do not exist."""

from __future__ import annotations

from random import Random

_FIRST = (
    "Akropolis", "Alder", "Amber", "Argo", "Aster", "Aurora", "Baltic", "Basalt", "Beacon", "Birch", "Blue Heron",
    "Calypso", "Cedar", "Cobalt", "Copper", "Coral", "Corvus", "Delphi", "Driftwood", "Egret", "Ember", "Fennel",
    "Fjord", "Garnet", "Granite", "Halcyon", "Harbour", "Hazel", "Helios", "Ibis", "Indigo", "Ithaca", "Juniper",
    "Kestrel", "Lantern", "Larch", "Laurel", "Linden", "Lodestar", "Maple", "Marble", "Meltemi", "Meridian", "Mistral",
    "Nereid", "North Quay", "Oak", "Olive", "Onyx", "Orion", "Osprey", "Pelican", "Pharos", "Plover", "Poplar",
    "Quartz", "Rowan", "Saffron", "Sirocco", "Slate", "Sparrow", "Tamarisk", "Tern", "Thyme", "Triton", "Umber",
    "Vesper", "Walnut", "Willow", "Zephyr",
)  # fmt: skip
_TRADE = (
    "Accountants", "Architects", "Bakeries", "Books", "Ceramics", "Clinics", "Construction", "Consulting", "Dental",
    "Design", "Energy", "Farms", "Films", "Foods", "Furniture", "Hotels", "Insurance", "Interiors", "Laboratories",
    "Legal", "Logistics", "Marine", "Media", "Optics", "Pharmacies", "Printing", "Properties", "Robotics", "Schools",
    "Shipping", "Surveyors", "Textiles", "Tools", "Travel", "Veterinary", "Wines",
)  # fmt: skip


def company_names(random: Random, count: int) -> list[str]:
    """That many different names; at most 2,520."""
    return random.sample([f"{first} {trade}" for first in _FIRST for trade in _TRADE], count)
