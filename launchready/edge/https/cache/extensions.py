"""What Cloudflare caches without any rule: by the path's extension, never by media type.

Source: developers.cloudflare.com/cache/concepts/default-cache-behavior ("Default cached file extensions").
"""

from __future__ import annotations

DEFAULT_EXTENSIONS = frozenset(
    (
        b"7z avi avif apk bin bmp bz2 class css csv doc docx dmg ejs eot eps exe flac gif gz ico iso jar jpeg"
        b" jpg js mid midi mkv mp3 mp4 ogg otf pdf pict pls png ppt pptx ps rar svg svgz swf tar tif tiff ttf"
        b" webm webp woff woff2 xls xlsx zip zst"
    ).split()
)
ROBOTS = b"/robots.txt"
"""The one file that is cached by its name."""

_FAMILIES: dict[str, frozenset[bytes]] = {
    "image": frozenset(b"avif bmp gif ico jpeg jpg pict png svg svgz tif tiff webp eps ps".split()),
    "audio": frozenset(b"flac mid midi mp3 ogg".split()),
    "video": frozenset(b"avi mkv mp4 webm ogg gif".split()),
    "font": frozenset(b"eot otf ttf woff woff2".split()),
}
_TEXTS: dict[bytes, frozenset[str]] = {
    b"css": frozenset({"text/css"}),
    b"js": frozenset({"text/javascript", "application/javascript", "application/x-javascript"}),
    b"csv": frozenset({"text/csv"}),
    b"pdf": frozenset({"application/pdf"}),
}
_HARMLESS = frozenset({"application/octet-stream", "binary/octet-stream"})
_PRIVATE = frozenset({"text/html", "application/xhtml+xml", "application/json", "text/plain"})


def is_default(path: bytes, extension: bytes) -> bool:
    """Whether a path is cached without any rule."""
    return extension in DEFAULT_EXTENSIONS or path == ROBOTS


def is_deception(extension: bytes, media: str) -> bool:
    """Whether an answer's media type belies its extension, as in a web cache deception attack.

    Source: developers.cloudflare.com/cache/cache-security/cache-deception-armor. Families may be mixed
    (``.jpg`` as ``image/webp``); a page or JSON under the name of a file may not.
    """
    if not extension or not media or media in _HARMLESS:
        return False
    if media in _TEXTS.get(extension, ()):
        return False
    if any(extension in family for family in _FAMILIES.values()):
        return media.partition("/")[0] not in _FAMILIES and not media.startswith("application/")
    return media in _PRIVATE and extension in DEFAULT_EXTENSIONS
