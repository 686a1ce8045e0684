"""The files of a job folder that people write: made, described and checked."""
