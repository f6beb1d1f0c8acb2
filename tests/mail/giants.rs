//! Mails that no file should hold: as large, as deep and as many-parted as SES takes them.
