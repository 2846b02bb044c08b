"""Verification of volumes: every directory that a class declares is mounted, once, where it can be."""

from __future__ import annotations

import posixpath

from tailrace.blueprint.draft import VolumeDraft
from tailrace.blueprint.faults.streamlets import BadMount, MissingVolume, UndeclaredVolume
from tailrace.blueprint.loading import Loaded
from tailrace.blueprint.plan import VolumeMount
from tailrace.blueprint.problems import Problem


def check_volumes(loaded: Loaded, problems: list[Problem]) -> dict[str, VolumeMount]:
    """The mounts of one streamlet."""
    declared = loaded.streamlet_class.spec.volumes
    for name, volume in declared.items():
        if name not in {mount.name for mount in loaded.draft.volumes}:
            problems.append(MissingVolume(loaded.draft.place, loaded.name, name, volume.help))
    mounts: dict[str, VolumeMount] = {}
    paths: dict[str, str] = {}
    for mount in loaded.draft.volumes:
        if mount.name not in declared:
            problems.append(UndeclaredVolume(mount.place, loaded.name, mount.name, tuple(declared)))
            continue
        access = mount.access.value if mount.access else declared[mount.name].access
        problems.extend(_faults(loaded.name, mount, declared[mount.name].access, access, paths))
        mounts[mount.name] = VolumeMount(mount.path.value, access, mount.claim, mount.size)
    return mounts


def _faults(streamlet: str, mount: VolumeDraft, needed: str, access: str, paths: dict[str, str]) -> list[Problem]:
    path, place = mount.path.value, mount.path.place
    found: list[Problem] = []
    if ":" in path or "\0" in path:
        sign = ":" if ":" in path else "NUL"
        found.append(
            BadMount(place, streamlet, mount.name, f"has {sign!r} in its path {path!r}, which Kubernetes cannot mount")
        )
    if needed == "read-write" and access == "read-only":
        at = mount.access.place if mount.access else place
        found.append(
            BadMount(
                at, streamlet, mount.name, "is mounted read-only, but the class writes to it", "mount it read-write"
            )
        )
    other = paths.setdefault(posixpath.normpath(path), mount.name)
    if other != mount.name:
        found.append(
            BadMount(place, streamlet, mount.name, f"has the path {path!r}, as {other!r} has", "give each its own path")
        )
    return found
