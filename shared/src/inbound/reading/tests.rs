//! What stands in a mail, told mail by mail.
