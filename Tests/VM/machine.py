"""A virtual machine with a Debian kernel of this host and programs copied from it: by KVM where that works, else
emulated.

A small initramfs (busybox, modules) mounts a disk image that holds the programs with their libraries, and runs one
command there. Nothing is shared with the host, and the machine has no network but its loopback."""

import gzip
import lzma
import os
import pathlib
import re
import shutil
import subprocess
import threading

BOOT_SECONDS_MAX = 60  # under emulation it takes 10
IMAGE_SIZE = "768M"  # sparse


class Missing(Exception):
    """Something that the machine needs is not there. The text says what, and how to get it."""


def need(program, package):
    if found := shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
        return found
    raise Missing(f"no {program} here (Debian's {package})")


def find_kernel(options, package):
    """The newest kernel under /boot whose configuration has all options."""
    versions = []
    for config in pathlib.Path("/boot").glob("config-*"):
        version = config.name.removeprefix("config-")
        lines = config.read_text().splitlines()
        has_all = all(f"{option}=y" in lines or f"{option}=m" in lines for option in options)
        if has_all and pathlib.Path(f"/lib/modules/{version}/modules.dep").exists():
            versions.append(version)
    if not versions:
        raise Missing(f"no kernel under /boot has {', '.join(options)} (Debian's {package})")
    return max(versions, key=lambda version: [int(number) for number in re.findall(r"\d+", version)])


class Modules:
    """Loadable modules of a kernel, in the order in which they must be loaded."""

    def __init__(self, version):
        self.folder = pathlib.Path(f"/lib/modules/{version}")
        self.needs = {}
        for line in (self.folder / "modules.dep").read_text().splitlines():
            path, _, needed = line.partition(":")
            self.needs[path] = needed.split()
        self.paths = {pathlib.Path(path).name.split(".")[0].replace("-", "_"): path for path in self.needs}

    def load_order(self, names):
        """What is built in, or unknown to this kernel, is left out."""
        order = []
        for name in names:
            if path := self.paths.get(name):
                for each in [*reversed(self.needs[path]), path]:
                    if each not in order:
                        order.append(each)
        return order

    def read(self, path):
        data = (self.folder / path).read_bytes()
        if path.endswith(".xz"):
            return lzma.decompress(data)
        return gzip.decompress(data) if path.endswith(".gz") else data


def cpio(entries):
    """An archive in the form `newc` of (name, mode, bytes)."""
    archive = bytearray()
    for number, (name, mode, data) in enumerate([*entries, ("TRAILER!!!", 0, b"")], 1):
        fields = [number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0]
        archive += b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        archive += bytes(-len(archive) % 4) + data
        archive += bytes(-len(archive) % 4)
    return bytes(archive)


class Tree:
    """The file system of the machine."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.libraries = set()
        for name in ("bin", "lib", "lib64", "sbin"):
            (self.folder / "usr" / name).mkdir(parents=True)
            (self.folder / name).symlink_to(f"usr/{name}")
        for name in ("proc", "sys", "dev", "tmp", "etc"):
            (self.folder / name).mkdir()
        (self.folder / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")

    def add(self, source, target=None):
        """A file or a folder, under its own path if none is given."""
        source = pathlib.Path(source)
        path = self.folder / str(target or source).lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, path, symlinks=False, dirs_exist_ok=True, ignore_dangling_symlinks=True)
        elif not path.exists():
            shutil.copy(source, path)
        return path

    def write(self, target, text, mode=0o644):
        path = self.folder / target.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def add_program(self, source, target=None):
        self.add(source, target)
        self.add_libraries(source)

    def add_libraries(self, *programs):
        listed = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True).stdout
        for path in set(re.findall(r"(/\S+\.so\S*) \(0x", listed)):
            self.add(path)
            self.libraries.add(os.path.dirname(path))

    def image(self, path):
        subprocess.run([need("mke2fs", "e2fsprogs"), "-q", "-t", "ext4", "-m", "0", "-d", str(self.folder), str(path),
                        IMAGE_SIZE], check=True, stdout=subprocess.DEVNULL)


INIT = """#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /dev /root
$b mount -t devtmpfs dev /dev
for module in $($b ls /modules); do $b insmod /modules/$module || echo "no $module"; done
$b mount -t ext4 /dev/vda /root && echo "machine: $($b uname -r) is up"
$b mount -t proc proc /root/proc
$b mount -t sysfs sys /root/sys
$b mount -t devtmpfs dev /root/dev
$b mount -t tmpfs tmp /root/tmp
$b ifconfig lo 127.0.0.1 up
$b chroot /root /usr/bin/busybox sh /command
echo "machine: exit $?"
$b poweroff -f
"""


class Machine:
    def __init__(self, kernel, modules, tree, folder):
        self.qemu = need("qemu-system-x86_64", "qemu-system-x86")
        busybox = need("busybox", "busybox-static")
        tree.add(busybox, "/usr/bin/busybox")
        (tree.folder / "usr/bin/sh").symlink_to("busybox")
        self.kernel = f"/boot/vmlinuz-{kernel}"
        self.image = f"{folder}/disk"
        self.initramfs = f"{folder}/initramfs"
        tree.image(self.image)
        known = Modules(kernel)
        entries = [(name, 0o40755, b"") for name in ("bin", "modules")]
        entries.append(("bin/busybox", 0o100755, pathlib.Path(busybox).read_bytes()))
        entries.append(("init", 0o100755, INIT.encode()))
        for number, path in enumerate(known.load_order(modules)):
            entries.append((f"modules/{number:02}-{pathlib.Path(path).name.split('.')[0]}", 0o100644, known.read(path)))
        pathlib.Path(self.initramfs).write_bytes(cpio(entries))

    def run(self, seconds_max):
        """Runs /command and prints what it says. Its exit code, or None when the machine did not come to its end."""
        kvm = ["-accel", "kvm", "-cpu", "host"]
        emulated = ["-accel", "tcg,thread=multi", "-cpu", "max"]
        usable = os.access("/dev/kvm", os.R_OK | os.W_OK)
        for how in [kvm, emulated] if usable else [emulated]:
            self.up, self.code = False, None
            self._boot(how, seconds_max)
            if self.up or how is emulated:
                return self.code
            print("KVM does not run this kernel here: the machine is emulated", flush=True)

    def _boot(self, how, seconds_max):
        process = subprocess.Popen(
            [self.qemu, *how, "-m", "1024", "-smp", "2", "-nodefaults", "-no-reboot", "-display", "none",
             "-serial", "stdio", "-kernel", self.kernel, "-initrd", self.initramfs, "-append", "console=ttyS0 quiet panic=-1",
             "-drive", f"file={self.image},format=raw,if=virtio,snapshot=on"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        booting = threading.Timer(BOOT_SECONDS_MAX, lambda: self.up or process.kill())
        running = threading.Timer(seconds_max, process.kill)
        booting.start()
        running.start()
        try:
            for line in process.stdout:
                self._heard(line, process)
        finally:
            booting.cancel()
            running.cancel()
            process.kill()
            process.wait()

    def _heard(self, line, process):
        if line.startswith("KVM internal error"):
            process.kill()
        if "machine: " in line and line.rstrip().endswith("is up"):
            self.up = True
        if found := re.search(r"machine: exit (\d+)", line):
            self.code = int(found[1])
        if self.up:
            print(line, end="", flush=True)
