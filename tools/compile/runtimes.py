#!/usr/bin/env python3
"""Gets Deno 2.6.10 and the runtimes that its `deno compile` needs, where Deno's own downloads are out of reach.

    python3 tools/compile/runtimes.py           # needs pip and Linux on x86-64; 140 MB once, into .cache/

The runtimes come from wheels of bids-validator-deno: they hold a program made by `deno compile` of that version, an ELF file with data
appended. The ELF file alone is the runtime. For tests of compiled programs; a release takes the runtime that Deno publishes.
"""
import pathlib, struct, subprocess, sys, tempfile, zipfile

VERSION = "2.6.10"
CACHE = pathlib.Path(__file__).resolve().parents[2] / ".cache"
DENO = f"deno=={VERSION}", "/scripts/deno"
CARRIER = "bids-validator-deno==2.4.1", "/scripts/bids-validator-deno"
X64, ARM64 = "manylinux_2_27_x86_64", "manylinux_2_28_aarch64"
RUNTIMES = CACHE / f"denort-{VERSION}"

# What is made: where from, its platform, the wheel's SHA-256, and whether the data at its end goes away.
PARTS = {
    CACHE / f"deno-{VERSION}" / "bin" / "deno": (DENO, X64, "d1600f4ee7b4a9699b7057841bdb5d7b7eac3fb073df072540064166841c2f4c", False),
    RUNTIMES / "x86_64-unknown-linux-gnu": (CARRIER, X64, "5087fcd13341f529b5404792a74e22f570e50f17e5ea4cabe9c91b1caf74cbf4", True),
    RUNTIMES / "aarch64-unknown-linux-gnu": (CARRIER, ARM64, "f09c1e600cae71293ab5ae9ddc30aa56a871463837a020eb23b246fa2024c462", True),
}


def wheel_member(requirement: str, suffix: str, platform: str, sha256: str) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        pinned = pathlib.Path(directory) / "requirements.txt"
        pinned.write_text(f"{requirement} --hash=sha256:{sha256}\n")
        pip = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
        subprocess.run([*pip, "--only-binary=:all:", "--platform", platform, "-d", directory, "-r", str(pinned)], check=True)
        with zipfile.ZipFile(next(pathlib.Path(directory).glob("*.whl"))) as archive:
            return archive.read(next(name for name in archive.namelist() if name.endswith(suffix)))


def elf_only(program: bytes) -> bytes:
    assert program[:4] == b"\x7fELF" and program[4] == 2, "not a 64-bit ELF file"
    (section_headers,) = struct.unpack_from("<Q", program, 0x28)
    size, count = struct.unpack_from("<HH", program, 0x3A)
    return program[: section_headers + size * count]


def main() -> None:
    for path, ((requirement, suffix), platform, sha256, is_carrier) in PARTS.items():
        if not path.exists():
            content = wheel_member(requirement, suffix, platform, sha256)
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_name(f"{path.name}.half")
            half.write_bytes(elf_only(content) if is_carrier else content)
            half.chmod(0o755)
            half.rename(path)
        print(path)


if __name__ == "__main__":
    main()
