"""A small disk of its own for a test: an ext4 file system in a file, mounted through a loop device (root only)."""

import fcntl
import os
import struct
import subprocess
from pathlib import Path

FS_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2              # what was not synced is gone, as after a power cut


class SmallDisk:
    def __init__(self, dir, mib):
        self.dir = Path(dir)
        self.image = self.dir / "disk.img"
        self.path = self.dir / "disk"
        self.path.mkdir()
        with open(self.image, "wb") as image:
            image.truncate(mib << 20)
        run("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "1024", "-J", "size=1", self.image)
        self.mounted = False
        self.mount()

    def mount(self):
        run("mount", "-o", "loop", self.image, self.path)
        self.mounted = True

    def unmount(self):
        if self.mounted:
            run("umount", self.path)
            self.mounted = False

    @property
    def free(self):
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self, leave=0):
        """Until so many bytes are left, or none."""
        with open(self.path / "ballast", "ab", buffering=0) as ballast:
            for size in (65536, 1024):
                try:
                    while self.free > leave + (size if leave else 0) and ballast.write(b"\0" * size):
                        pass
                    os.fsync(ballast.fileno())
                except OSError:
                    continue

    def make_room(self):
        (self.path / "ballast").unlink()

    def cut_power(self):
        """What was not synced is gone; who has a file open gets errors until it is mounted again."""
        folder = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, FS_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(folder)


def run(*args):
    done = subprocess.run([str(arg) for arg in args], capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{args[0]}: {done.stderr.strip()}")
