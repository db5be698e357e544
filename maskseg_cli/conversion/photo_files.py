"""`PhotoPlacer`: puts the photos of a data set beside its annotations, as copies or as links."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from maskseg_cli.conversion.made_files import MadeFiles
from maskseg_cli.errors import MasksegError
from maskseg_cli.media.atomic_file import atomic_path
from maskseg_cli.media.same_file import file_identity


class PhotoPlacer:
    """Copies or links one photo when it is called with its path and the path that it is to have.

    Photos keep every byte, so also their EXIF orientation. A photo that is there already is left as it is.

    Args:
        link: make symbolic links.
        overwrite: replace other files.
        made: is told of each photo before it is placed.
    """

    def __init__(self, link: bool = False, overwrite: bool = False, made: MadeFiles | None = None) -> None:
        self._link = link
        self._made = made
        self._overwrite = overwrite

    def __call__(self, photo: Path, target: Path) -> None:
        """Places one photo.

        Raises:
            MasksegError: another file has that path, or it cannot be written.
        """
        if os.path.lexists(target):
            if file_identity(photo) == file_identity(target):
                return
            if not self._overwrite:
                raise MasksegError(f"{target} exists already: --overwrite replaces it.")
        if self._made is not None:
            self._made.expect(target)
        with atomic_path(target) as temporary:
            if self._link:
                os.symlink(photo.resolve(), temporary)
            else:
                shutil.copyfile(photo, temporary)
