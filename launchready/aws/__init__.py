"""Functions over boto3: what the components' dynamic resources and the probes do with AWS.

The resources themselves (``components/aws/``) are pickled into the state and hold no logic; everything
that may change lives here. Each module has one service; ``session.client`` makes every client.
"""
