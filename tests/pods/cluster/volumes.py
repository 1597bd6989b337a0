"""The volumes of a Pod, as folders of the node that are mounted into its containers."""

import base64
import itertools
import os
import shutil

from cluster.unsupported import Unsupported, only


class EmptyDir:
    def __init__(self, path):
        self.path = path
        path.mkdir()
        path.chmod(0o777)

    def update(self, _):
        pass


class Files:
    """A ConfigMap or a Secret: each version in a folder of its own, and `..data` is switched over in one step."""

    def __init__(self, path, kind, name, objects):
        self.path, self._kind, self._name = path, kind, name
        self._contents = None
        self._versions = itertools.count()
        path.mkdir()
        self.update(objects)

    def update(self, objects):
        contents = contents_of(objects[self._kind, self._name])
        if contents == self._contents:
            return
        version = self.path / f"..{next(self._versions)}"
        version.mkdir()
        for key, value in contents.items():
            (version / key).write_bytes(value)
            (version / key).chmod(0o644)
        link, new_link = self.path / "..data", self.path / "..data_tmp"
        old = link.resolve() if link.exists() else None
        new_link.symlink_to(version.name)
        os.replace(new_link, link)
        self._show(contents)
        self._contents = contents
        if old:
            shutil.rmtree(old)

    def _show(self, contents):
        for key in contents:
            if not (self.path / key).is_symlink():
                (self.path / key).symlink_to(f"..data/{key}")
        for key in set(self._contents or ()) - set(contents):
            (self.path / key).unlink()


def contents_of(manifest):
    contents = {key: text.encode() for key, text in manifest.get("stringData", {}).items()}
    for key, text in manifest.get("data", {}).items():
        contents[key] = base64.b64decode(text) if manifest["kind"] == "Secret" else text.encode()
    return contents


def missing(spec, objects):
    """The ConfigMap or Secret that the Pod needs and that is not there, or None."""
    for volume in spec.get("volumes", ()):
        for kind, name in _source(volume):
            if (kind, name) not in objects:
                return f"{kind.lower()} \"{name}\" not found"
    return None


def _source(volume):
    if "configMap" in volume:
        yield "ConfigMap", volume["configMap"]["name"]
    if "secret" in volume:
        yield "Secret", volume["secret"]["secretName"]


def make(spec, folder, objects):
    """By name."""
    made = {}
    for volume in spec.get("volumes", ()):
        name = volume["name"]
        only(volume, {"name", "emptyDir", "configMap", "secret"}, f"volume {name}")
        if "emptyDir" in volume:
            made[name] = EmptyDir(folder / name)
            continue
        sources = list(_source(volume))
        if not sources:
            raise Unsupported(f"volume {name}: this cluster knows emptyDir, configMap and secret")
        only(volume.get("configMap") or volume["secret"], {"name", "secretName"}, f"volume {name}")
        made[name] = Files(folder / name, *sources[0], objects)
    return made
