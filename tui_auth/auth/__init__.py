"""Sign in to an Amazon Cognito user pool. Knows no screen, no file and no command line."""
