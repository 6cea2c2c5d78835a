"""Settings of batches."""

from typing import Annotated

from livehub.base.config import Config, described


class BatchesConfig(Config, frozen=True, kw_only=True):
    """What batches read, on top of what everybody does."""

    batch_boxes_max: Annotated[int, described("boxes with a serial of one batch", ge=1, le=1_000_000)] = 100_000
    batch_lineage_max: Annotated[
        int, described("batches that are followed from one, in each direction", ge=1, le=100_000)
    ] = 5_000
    batch_steps_max: Annotated[int, described("steps of one batch that are shown", ge=1, le=10_000)] = 1_000
    label_sheet_max: Annotated[
        int, described("labels in one document to print; longer sheets are printed in parts", ge=1, le=2_000)
    ] = 240
    scans_pending_max: Annotated[
        int, described("scans that wait to be counted; more are answered, and not counted", ge=1, le=1_000_000)
    ] = 10_000
    scans_batch_max: Annotated[int, described("scans that are counted in one transaction", ge=1, le=10_000)] = 500
