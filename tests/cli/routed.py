"""What several tests of the commands read."""

from made_logs import RATE

from cede.logs import read_wide


def read(table, **options):
    return read_wide(
        table.sort("id"),
        outcome={"small": "small ok", "large": "large ok"},
        model="small",
        cost={"small": "small usd", "large": "large usd"},
        exchange_rate=RATE,
        features=["e_1", "e_2", "length"],
        **options,
    )
