"""Uploads as a module."""

from pathlib import Path

from msgspec import Struct

from livehub.base.errors import LivehubError
from livehub.base.module import Module, Retention, defined_in
from livehub.base.person_tables import OnErasure, PersonTable
from livehub.base.uploads import errors, schemas
from livehub.base.uploads.quotas import DAY_MS, Q
from livehub.base.uploads.settings import UploadsConfig
from livehub.base.uploads.uploads import Uploads

UPLOADS = Module(
    name="uploads",
    build=Uploads,
    settings=UploadsConfig,
    errors=defined_in(errors, LivehubError),
    migrations=Path(__file__).parent / "migrations",
    retention=(
        Retention(
            table="upload_counts",
            query=Q["forget_counts"],
            arguments=lambda _settings, now_ms: [now_ms - DAY_MS],
        ),
    ),
    person_tables=(
        PersonTable(
            table="uploads",
            columns=("owner",),
            theirs=("owner",),
            on_erasure=OnErasure.DELETE,
            merge=Q["merge_uploads"],
            unmerge=Q["unmerge_uploads"],
            export=Q["export_uploads"],
            erase=Q["erase_uploads"],
        ),
        PersonTable(
            table="upload_counts",
            columns=("subject",),
            on_erasure=OnErasure.DELETE,
            merge=Q["merge_counts"],
            unmerge=Q["unmerge_counts"],
            export=Q["export_counts"],
            erase=Q["erase_counts"],
        ),
    ),
    schemas=defined_in(schemas, Struct),
)
