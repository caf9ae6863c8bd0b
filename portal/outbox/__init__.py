"""The outbox worker: tells the platform what happened (webhooks), and reminds providers (text messages)."""
