"""What vendors say."""
