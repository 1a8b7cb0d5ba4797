"""The provider itself, as Terraform starts it: `python -m tests.terraform.stand_in.provider`."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tf import runner
from tf.iface import Config, CreateContext, DataSource, Provider, ReadDataContext, Resource, State
from tf.schema import Schema
from tf.utils import Diagnostics

from tests.terraform.stand_in.making import MAKERS
from tests.terraform.stand_in.policy import policy_json
from tests.terraform.stand_in.schema import DATA_SOURCES, PROVIDER, RESOURCES, Shape, schema


class StandIn(Provider):  # type: ignore[misc]  # untyped there
    """Arguments of the real provider, resources of moto."""

    def __init__(self) -> None:
        self._region = "us-east-1"
        self._role_arn: str | None = None
        self._endpoint: str | None = None

    def client(self, service: str) -> Any:
        """boto3's client for the account and region; AWS_ENDPOINT_URL says where moto listens."""
        endpoint = {"endpoint_url": self._endpoint} if self._endpoint and service == "s3" else {}
        return self._session.client(service, **endpoint)

    @cached_property
    def _session(self) -> Any:
        import boto3  # noqa: PLC0415  # Terraform starts the provider a dozen times to validate only

        session = boto3.session.Session(region_name=self._region)
        if self._role_arn is None:
            return session
        keys = session.client("sts").assume_role(RoleArn=self._role_arn, RoleSessionName="stand-in")
        told = keys["Credentials"]
        return boto3.session.Session(
            told["AccessKeyId"], told["SecretAccessKey"], told["SessionToken"], region_name=self._region
        )

    def get_model_prefix(self) -> str:
        return "aws_"

    def full_name(self) -> str:
        return "registry.terraform.io/hashicorp/aws"

    def get_provider_schema(self, diags: Diagnostics) -> Schema:
        return schema(PROVIDER)

    def validate_config(self, diags: Diagnostics, config: Config) -> None:
        """Every argument is known by the schema already."""

    def configure_provider(self, diags: Diagnostics, config: Config) -> None:
        self._region = config.get("region") or self._region
        for endpoints in config.get("endpoints") or []:
            self._endpoint = endpoints.get("s3")
        for role in config.get("assume_role") or []:
            self._role_arn = role["role_arn"]

    def get_data_sources(self) -> list[type[DataSource]]:
        return [_data_source(name, shape) for name, shape in DATA_SOURCES.items()]

    def get_resources(self) -> list[type[Resource]]:
        return [_resource(name, shape) for name, shape in RESOURCES.items()]


def _resource(name: str, shape: Shape) -> type[Resource]:
    class Made(Resource):  # type: ignore[misc]  # untyped there
        def __init__(self, provider: StandIn) -> None:
            self.provider = provider

        @classmethod
        def get_name(cls) -> str:
            return name.removeprefix("aws_")

        @classmethod
        def get_schema(cls) -> Schema:
            return schema(shape)

        def create(self, ctx: CreateContext, planned: State) -> State | None:
            if name not in MAKERS:
                ctx.diagnostics.add_error(
                    f"The stand-in does not make {name}; it only validates and plans it."
                )
                return None
            return {**planned, **MAKERS[name](self.provider.client, planned)}

        def read(self, ctx: Any, current: State) -> State:
            return current

        def update(self, ctx: Any, current: State, planned: State) -> State | None:
            ctx.diagnostics.add_error(f"The stand-in does not change {name}.")
            return None

        def delete(self, ctx: Any, current: State) -> None:
            ctx.diagnostics.add_error(f"The stand-in does not delete {name}.")

    return Made


def _data_source(name: str, shape: Shape) -> type[DataSource]:
    class Read(DataSource):  # type: ignore[misc]  # untyped there
        def __init__(self, provider: StandIn) -> None:
            self.provider = provider

        @classmethod
        def get_name(cls) -> str:
            return name.removeprefix("aws_")

        @classmethod
        def get_schema(cls) -> Schema:
            return schema(shape)

        def read(self, ctx: ReadDataContext, config: Config) -> State | None:
            if name == "aws_iam_policy_document":
                return {**config, "id": "policy", "json": policy_json(config["statement"])}
            if name == "aws_iam_session_context":
                return {**config, **_session_context(config["arn"])}
            here = self.provider.client("sts").get_caller_identity()
            return {
                "id": here["Account"],
                "account_id": here["Account"],
                "arn": here["Arn"],
                "user_id": here["UserId"],
            }

    return Read


def _session_context(arn: str) -> State:
    """Whose session it is: arn:aws:sts::<account>:assumed-role/<role>/<session>; a user is its own."""
    before, assumed, rest = arn.partition(":assumed-role/")
    role, _, session = rest.partition("/")
    issuer = f"{before.replace(':sts:', ':iam:')}:role/{role}" if assumed else arn
    return {
        "id": arn,
        "issuer_arn": issuer,
        "issuer_id": None,
        "issuer_name": role or None,
        "session_name": session or None,
    }


if __name__ == "__main__":
    runner.run_provider(StandIn())
