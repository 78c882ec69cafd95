"""A Python language host for the Pulumi engine, for machines without the official distribution.

It answers the `LanguageRuntime` gRPC service whose stubs ship in the `pulumi` package and runs the
program in a child process, as the official one does.
"""
