"""Files on their way in: stopped as soon as they are larger than somebody may send, before anything is kept."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from winze.workbench.store import files

TOGETHER = 4
"""How many times what one file may hold all files of one form may hold; a browser that sends more is cut off."""


class Limited(FileUploadHandler):
    """Counts what comes. `request.too_large` names the file that was stopped; the form's fields before it are there."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._all = self._this = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._this = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._this += len(raw_data)
        self._all += len(raw_data)
        if self._this > files.most() or self._all > TOGETHER * files.most():
            self.request.too_large = self.file_name  # type: ignore[union-attr]
            raise StopUpload(connection_reset=self._all > TOGETHER * files.most())
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
