"""Makes a workflow component of files of workflows:

    refrain-build <workflow.py>... --output <component.wasm> [--root <folder>] [--wit <folder>]

componentize-py is that of the Python that this runs in.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path

from .image import make_immortal
from .told import in_words_of_the_author

PACKAGE = Path(__file__).resolve().parent

#: The Python that componentize-py puts into components.
OF_COMPONENTS = (3, 14)


def wit() -> Path:
    """The interface, which lies in the package, or beside it where the package is used from its repository."""
    for folder in (PACKAGE / "wit", PACKAGE.parents[3] / "wit"):
        if folder.is_dir():
            return folder
    raise SystemExit("the folder `wit` is not in the package: say where it is with --wit")


def build(
    sources: Sequence[Path], output: Path, *, root: Path | None = None, wit_folder: Path | None = None
) -> None:
    """Makes a component of all workflows in these files.

    `root` is where they import from; by default the folder that they have in common.
    Errors: `SystemExit`, with what is wrong and what to do.
    """
    sources = [source.resolve() for source in sources]
    for source in sources:
        if not source.is_file():
            raise SystemExit(f"{source} is not there")
        check(source)
    root = (root or Path(os.path.commonpath([source.parent for source in sources]))).resolve()
    modules = [".".join(source.relative_to(root).with_suffix("").parts) for source in sources]
    tool = Path(sys.executable).with_name("componentize-py")
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "refrain_app.py"
        app.write_text(
            "import importlib\n"
            "from refrain import component\n"
            f"modules = [importlib.import_module(name) for name in {modules!r}]\n"
            f"root = modules[0].__file__.removesuffix({sources[0].relative_to(root).as_posix()!r})\n"
            "component.seal(root, modules)\n"
            "WitWorld = component.WitWorld\n"
        )
        # Before the author's: `temporalio` is ours in a component, whatever is installed.
        paths = [folder, str(PACKAGE / "stand_in"), str(PACKAGE.parent), str(root)]
        command = [str(tool), "--wit-path", str(wit_folder or wit()), "--world", "workflow", "--quiet"]
        command += ["componentize", "refrain_app", "--output", str(output)]
        for path in paths:
            command += ["--python-path", path]
        output.parent.mkdir(parents=True, exist_ok=True)
        try:
            # Where in componentize-py it went wrong is no news to an author.
            env = {**os.environ, "RUST_BACKTRACE": "0"}
            if sys.prefix != sys.base_prefix:
                # Packages are those of this Python, whichever is active.
                env["VIRTUAL_ENV"] = sys.prefix
            made = subprocess.run(command, capture_output=True, text=True, env=env)
        except FileNotFoundError:
            raise SystemExit("componentize-py is not installed\nhint: pip install componentize-py==0.25.1") from None
    if made.returncode != 0:
        raise SystemExit(made.stdout + in_words_of_the_author(made.stderr, root, nth=len(paths) - 1))
    component = bytearray(output.read_bytes())
    make_immortal(component)
    output.write_bytes(component)


def check(source: Path) -> None:
    """What is wrong by this Python may be right by that of a component, which is younger: that one says so later."""
    try:
        compile(source.read_bytes(), source, "exec")
    except (SyntaxError, ValueError) as error:
        if sys.version_info >= OF_COMPONENTS:
            raise SystemExit("".join(traceback.format_exception_only(error)).rstrip()) from None


def main() -> None:
    parser = argparse.ArgumentParser(prog="refrain-build", description="Makes a workflow component.")
    parser.add_argument("sources", nargs="+", type=Path, metavar="workflow.py")
    parser.add_argument("--output", "-o", type=Path, required=True)
    parser.add_argument("--root", type=Path, help="where the files import from; default: the folder they have in common")
    parser.add_argument("--wit", type=Path, help="the interface; default: that of the package")
    args = parser.parse_args()
    build(args.sources, args.output, root=args.root, wit_folder=args.wit)


if __name__ == "__main__":
    main()
