"""The quiz: questions to the chapters, whose numbers are drawn anew for everybody and whose answers are computed."""
