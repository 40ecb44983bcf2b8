"""Photos that people send: what they are is read from them, and what the camera wrote into them goes."""

import pytest

from kernel.pictures import JPEG, LARGEST_BYTES, PNG, NotAPicture, PictureTooLarge, PictureTooSmall, clean_picture
from tests.pictures import chunk, exif, jpeg, png, segment

_SECRET = b"31.2304N,121.4737E"


def test_a_jpeg_loses_everything_but_the_picture_and_how_it_is_turned() -> None:
    notes = exif((0x010F, 7), (0x0112, 6)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + _SECRET)
    notes += segment(0xFE, _SECRET) + segment(0xED, _SECRET)
    cleaned = clean_picture(jpeg(notes=notes, tail=_SECRET + jpeg()))
    assert (cleaned.content_type, cleaned.width, cleaned.height, cleaned.extension) == (JPEG, 400, 260, ".jpg")
    assert _SECRET not in cleaned.content
    assert cleaned.content.count(b"Exif") == 1
    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in cleaned.content
    assert cleaned.content.endswith(b"\x12\x34\xff\x00\x56\xff\xd0\x78\xff\xd9")
    # What was cleaned is a picture like any other.
    assert clean_picture(cleaned.content).content == cleaned.content


def test_a_jpeg_that_stands_upright_keeps_no_notes_at_all() -> None:
    assert b"Exif" not in clean_picture(jpeg(notes=exif((0x0112, 1)))).content
    assert clean_picture(jpeg()).content == jpeg()


def test_a_png_loses_its_texts_and_times() -> None:
    extra = chunk(b"tEXt", b"Location\0" + _SECRET) + chunk(b"eXIf", _SECRET) + chunk(b"tIME", bytes(7))
    cleaned = clean_picture(png(extra=extra))
    assert (cleaned.content, cleaned.content_type, cleaned.extension) == (png(), PNG, ".png")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"\xff\xd8\xff",
        jpeg()[:40],
        jpeg()[:-2],
        b"\xff\xd8" + segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x00\xff\xd9",
        png()[:-20],
        png()[:40] + b"x" + png()[41:],
        b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""),
    ],
)
def test_what_is_no_picture_is_refused_whatever_it_is_called(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        clean_picture(data)


def test_pictures_are_neither_too_large_nor_too_small() -> None:
    with pytest.raises(PictureTooLarge):
        clean_picture(jpeg(tail=bytes(LARGEST_BYTES)))
    with pytest.raises(PictureTooLarge):
        clean_picture(jpeg(65_000, 65_000))
    with pytest.raises(PictureTooSmall):
        clean_picture(png(800, 199))
