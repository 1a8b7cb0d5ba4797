"""What is embedded in images of every format: EXIF, XMP and ICC profiles.

None of it decides whether an image is whole: what cannot be understood here is told as a note.
"""
