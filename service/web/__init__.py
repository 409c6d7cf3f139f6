"""What a reader sees: controller → form → can() → query or action → page object → template block."""
