"""Amplify files: reading each kind, searching folders, and errors."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui_auth.config import amplify
from tui_auth.config.amplify import find_amplify_file, read_amplify_file
from tui_auth.config.amplify_js import Node, ObjectSyntaxError, find_objects, read_object, shorten_json
from tui_auth.config.files import ConfigurationError, amplify_files_above

Put = Callable[..., Path]


def read_settings(path: Path) -> dict[str, object]:
    """Return the settings of a file without line numbers."""
    file = read_amplify_file(path)
    assert file
    return {name: node.value for name, node in file.settings.items()}


def test_gen_2_outputs_are_read(tmp_path: Path, put_amplify_file: Put) -> None:
    path = put_amplify_file("amplify_outputs.json", tmp_path)
    assert read_settings(path) == {
        "user_pool_id": "eu-west-1_Gen2Pool1",
        "client_id": "2gen2gen2gen2gen2gen2gen2",
        "region": "eu-west-1",
        "identity_pool_id": "eu-west-1:01234567-89ab-cdef-0123-456789abcdef",
        "username_attributes": ("email",),
        "required_attributes": ("email", "given_name"),
        "mfa_methods": ("SMS", "TOTP"),
        "password_policy": {
            "min_length": 10,
            "require_lowercase": True,
            "require_numbers": True,
            "require_symbols": False,
            "require_uppercase": True,
        },
        "domain": "https://shop.auth.eu-west-1.amazoncognito.com",
        "scopes": ("openid", "email"),
        "redirect_uri": "http://localhost:3000/",
        "logout_uri": "http://localhost:3000/",
        "identity_providers": ("Google",),
    }


def test_native_configuration_is_read_with_its_secret(tmp_path: Path, put_amplify_file: Put) -> None:
    path = put_amplify_file("amplifyconfiguration.json", tmp_path)
    assert read_settings(path) == {
        "user_pool_id": "us-east-2_NativeP1x",
        "client_id": "3native3native3native3nat",
        "region": "us-east-2",
        "identity_pool_id": "us-east-2:11234567-89ab-cdef-0123-456789abcdef",
        "auth_flow": "CUSTOM_WITH_SRP",
        "username_attributes": ("email", "phone_number"),
        "required_attributes": ("email", "name"),
        "mfa_methods": (),
        "password_policy": {"min_length": 12, "require_lowercase": True, "require_symbols": True},
    }
    file = read_amplify_file(path)
    assert file
    assert file.client_secret
    assert file.client_secret.reveal() == "native-app-client-secret"
    assert "native-app-client-secret" not in repr(file)


def test_javascript_exports_are_read_without_running_them(tmp_path: Path, put_amplify_file: Put) -> None:
    path = put_amplify_file("aws-exports.js", tmp_path)
    assert read_settings(path) == {
        "user_pool_id": "ap-south-1_FlatPool1",
        "client_id": "4flat4flat4flat4flat4flat",
        "region": "ap-south-1",
        "identity_pool_id": "ap-south-1:21234567-89ab-cdef-0123-456789abcdef",
        "username_attributes": ("phone_number",),
        "required_attributes": ("email",),
        "mfa_methods": ("SMS", "TOTP"),
        "password_policy": {"min_length": 8},
        "domain": "https://shop.auth.ap-south-1.amazoncognito.com",
        "scopes": ("openid", "email"),
    }


def test_kind_depends_on_content_and_not_on_the_name(tmp_path: Path) -> None:
    flat = tmp_path / "amplifyconfiguration.json"
    flat.write_text('{"aws_user_pools_id": "eu-west-1_Flat", "aws_user_pools_web_client_id": "c1"}')
    assert read_settings(flat)["user_pool_id"] == "eu-west-1_Flat"


@pytest.mark.parametrize(
    "source",
    [
        "Amplify.configure({ Auth: { Cognito: { userPoolId: 'eu-west-1_Obj', userPoolClientId: 'c1' } } });",
        "module.exports = { aws_user_pools_id: 'eu-west-1_Obj', aws_user_pools_web_client_id: 'c1' };",
        "window.env = { production: true, awsmobile: "
        "{ aws_user_pools_id: 'eu-west-1_Obj', aws_user_pools_web_client_id: 'c1' } }",
        "function f() { return { a: 1 }; }\nexport default {\n"
        "  aws_user_pools_id: 'eu-west-1_Obj', /* } */ aws_user_pools_web_client_id: 'c1' }",
    ],
)
def test_every_javascript_notation_of_the_object_is_read(tmp_path: Path, source: str) -> None:
    path = tmp_path / "aws-exports.js"
    path.write_text(source)
    assert read_settings(path) == {"user_pool_id": "eu-west-1_Obj", "client_id": "c1"}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (r"'\u00e9\x41'", "éA"),
        (r"'\n\t\r\b\f\v\0'", "\n\t\r\b\f\v\0"),
        (r"'\q\'\"\\'", "q'\"\\"),
        ("'a\\\nb'", "ab"),
        (r"`\u0041$`", "A$"),
    ],
)
def test_javascript_escapes_are_read(source: str, text: str) -> None:
    node = read_object("{ a: " + source + " }")
    assert node.members["a"].value == text


@pytest.mark.parametrize(
    ("source", "number"),
    [("7", 7.0), ("-1.5", -1.5), (".5", 0.5), ("2e3", 2000.0), ("1E-2", 0.01), ("0x1F", 31.0), ("0XA", 10.0)],
)
def test_javascript_numbers_are_read(source: str, number: float) -> None:
    node = read_object("{ a: " + source + " }")
    assert node.members["a"].value == number


def test_amplify_configure_object_is_read(tmp_path: Path) -> None:
    path = tmp_path / "aws-exports.js"
    path.write_text(
        """Amplify.configure({ Auth: { Cognito: {
            userPoolId: 'eu-west-1_Obj', userPoolClientId: 'c1', userPoolEndpoint: 'https://idp.example.com',
            loginWith: { email: true, phone: false }, mfa: { status: 'optional', totpEnabled: true },
            userAttributes: { name: { required: true }, locale: { required: false } },
            passwordFormat: { minLength: 9, requireNumbers: true, requireSpecialCharacters: false },
        } } })"""
    )
    assert read_settings(path) == {
        "user_pool_id": "eu-west-1_Obj",
        "client_id": "c1",
        "endpoint_url": "https://idp.example.com",
        "username_attributes": ("email",),
        "required_attributes": ("name",),
        "mfa_methods": ("TOTP",),
        "password_policy": {"min_length": 9, "require_numbers": True, "require_symbols": False},
    }


def test_native_endpoint_is_a_host_name(tmp_path: Path, put_amplify_file: Put) -> None:
    added = {'"PoolId": "us-east-2_': '"Endpoint": "idp.example.com",\n"PoolId": "us-east-2_'}
    path = put_amplify_file("amplifyconfiguration.json", tmp_path, changes=added)
    assert read_settings(path)["endpoint_url"] == "https://idp.example.com"


def test_empty_endpoint_is_no_setting(tmp_path: Path, put_amplify_file: Put) -> None:
    added = {'"PoolId": "us-east-2_': '"Endpoint": "",\n"PoolId": "us-east-2_'}
    path = put_amplify_file("amplifyconfiguration.json", tmp_path, changes=added)
    assert "endpoint_url" not in read_settings(path)


def test_disabled_mfa_has_no_methods(tmp_path: Path) -> None:
    path = tmp_path / "aws-exports.js"
    path.write_text(
        "export default { Auth: { Cognito: { userPoolId: 'eu-west-1_Obj', userPoolClientId: 'c1', "
        "mfa: { status: 'off', totpEnabled: true } } } }"
    )
    assert read_settings(path)["mfa_methods"] == ()


def test_migration_enabled_selects_user_password_auth(tmp_path: Path, put_amplify_file: Put) -> None:
    changes = {
        '"PoolId": "us-east-2_': '"MigrationEnabled": true,\n"PoolId": "us-east-2_',
        '"authenticationFlowType": "CUSTOM_AUTH",': "",
    }
    path = put_amplify_file("amplifyconfiguration.json", tmp_path, changes=changes)
    assert read_settings(path)["auth_flow"] == "USER_PASSWORD_AUTH"


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "amplify_outputs.json",
            {"eu-west-1_Gen2Pool1": "eu-west-1"},
            ", line 4: user_pool_id: expected a user pool ID",
        ),
        (
            "amplify_outputs.json",
            {'"2gen2gen2gen2gen2gen2gen2"': "17"},
            ", line 6: user_pool_client_id: expected an app client ID",
        ),
        ("amplify_outputs.json", {'"version": "1.4",': '"version": "1.4"'}, ", line 3: expected “,” or “}”."),
        (
            "aws-exports.js",
            {"`4flat4flat4flat4flat4flat`": "env.CLIENT"},
            ", line 11: aws_user_pools_web_client_id ",
        ),
        (
            "amplifyconfiguration.json",
            {'"native-app-client-secret"': "17"},
            ", line 36: AppClientSecret: ",
        ),
        (
            "amplifyconfiguration.json",
            {'"CUSTOM_AUTH"': '"ADMIN_NO_SRP_AUTH"'},
            ", line 42: authenticationFlowType: ",
        ),
    ],
)
def test_error_has_file_line_and_expected_value(
    tmp_path: Path, put_amplify_file: Put, name: str, changes: dict[str, str], message: str
) -> None:
    path = put_amplify_file(name, tmp_path, changes=changes)
    with pytest.raises(ConfigurationError) as error:
        read_amplify_file(path)
    assert f"{path}{message}" in str(error.value)


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("export default {\n aws_user_pools_id 'eu-west-1_A',\n aws_user_pools_web_client_id: 'c'\n}", 2),
        ("export default {\n aws_user_pools_id: 'eu-west-1_A',\n aws_user_pools_web_client_id 'c'\n}", 2),
        ("export default {\n region: 'r',\n aws_user_pools_id 'eu-west-1_A' }", 3),
        ("export default {\n aws_user_pools_id: 'eu-west-1_A\n}", 2),
        ("export default {\n aws_user_pools_id: ,\n}", 2),
        ("export default {\n aws_user_pools_id: 'eu-west-1_A',\n", 2),
        ("const c = {};\nc.aws_user_pools_id = 'eu-west-1_A';\nexport default c;", 2),
        ("export default {\n aws_user_pools_web_client_id: 'c' }", 2),
        ("export default { Auth: {\n userPoolId: 'eu-west-1_A', userPoolWebClientId: 'c' } }", 2),
        ("export default {\n aws_user_pools_id: 'eu-west-1_A', a: (b] }", 2),
        ("export default {\n aws_user_pools_id: 'eu-west-1_A', a: ){ b: 1, c: 2 } }", 2),
        ("export default `\n userPoolClientId: 'c'", 2),
        ("const a = { *f() {},\n aws_user_pools_id: 'a' };\nexport default { aws_user_pools_id: 'b' };", 2),
    ],
)
def test_script_with_an_unreadable_pool_is_an_error(
    tmp_path: Path, put_amplify_file: Put, script: str, line: int
) -> None:
    put_amplify_file("amplify_outputs.json", tmp_path)
    path = tmp_path / "shop" / "aws-exports.js"
    path.parent.mkdir()
    path.write_text(script)
    with pytest.raises(ConfigurationError) as caught:
        find_amplify_file(path.parent, tmp_path)
    assert re.fullmatch(
        rf"{re.escape(str(path))}, line {line}: \w+ .*\. .*amplify_outputs\.json.*profile\.",
        str(caught.value),
    )


def test_script_with_a_computed_pool_id_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "aws-exports.js"
    path.write_text("const aws_user_pools_id = read();\nexport default { aws_user_pools_id };")
    with pytest.raises(ConfigurationError, match=r"line 2: aws_user_pools_id "):
        find_amplify_file(tmp_path, tmp_path)


def test_script_with_a_merge_conflict_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "aws-exports.js"
    ids = "aws_user_pools_id: 'eu-west-1_{0}',\n"
    conflict = f"<<<<<<< HEAD\n{ids.format('A')}=======\n{ids.format('B')}>>>>>>> theirs"
    path.write_text(f"export default {{\n{conflict}\n}}")
    with pytest.raises(ConfigurationError, match=r"line 3: .*merge conflict.*amplify_outputs\.json"):
        find_amplify_file(tmp_path, tmp_path)


def test_script_with_unusual_code_around_the_object_is_read(tmp_path: Path) -> None:
    path = tmp_path / "aws-exports.js"
    path.write_text(
        "import { a as b } from 'c'; class C { #d; *e() {} }\n"
        "const f = ({ g = 1, ...h }) => { if (g) { return [] } };\n"
        "const awsmobile = i || { [j]: 1, get k() { return {} }, async l() {}, m, n: [1, ...o, (p)],\n"
        "  q: r ? { s: 1 } : { t: 2 }, u: [1].map(v => ({ w: v })), aws_user_pools_id: 'eu-west-1_Obj',\n"
        "  'aws_user_pools_web_client_id': 'c1', };"
    )
    assert read_settings(path) == {"user_pool_id": "eu-west-1_Obj", "client_id": "c1"}


def test_text_after_the_object_is_an_error(tmp_path: Path, put_amplify_file: Put) -> None:
    path = put_amplify_file("amplify_outputs.json", tmp_path)
    path.write_text(path.read_text().rstrip() + "\n>>>>>>> theirs\n")
    with pytest.raises(ConfigurationError, match=r", line \d+: .*merge conflict"):
        read_amplify_file(path)
    path.write_text(path.read_text().replace(">>>>>>> theirs", "{}"))
    with pytest.raises(ConfigurationError, match=r", line \d+: .*after the object"):
        read_amplify_file(path)


def test_invalid_optional_value_is_left_out(tmp_path: Path, put_amplify_file: Put) -> None:
    path = put_amplify_file(
        "amplify_outputs.json", tmp_path, changes={'"min_length": 10': '"min_length": "x"'}
    )
    assert "password_policy" not in read_settings(path)
    assert read_settings(path)["user_pool_id"] == "eu-west-1_Gen2Pool1"


def test_nearest_file_above_is_found(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("aws-exports.js", tmp_path)
    nearest = put_amplify_file("amplify_outputs.json", tmp_path / "shop")
    subfolder = tmp_path / "shop" / "src" / "pages"
    subfolder.mkdir(parents=True)
    search = find_amplify_file(subfolder, tmp_path)
    assert search.file
    assert search.file.path == nearest


@pytest.mark.parametrize("subfolder", ["shop", "shop/docs", "shop/src", "shop/src/pages"])
def test_file_in_src_is_found_from_anywhere_in_the_project(
    tmp_path: Path, put_amplify_file: Put, subfolder: str
) -> None:
    nearest = put_amplify_file("aws-exports.js", tmp_path / "shop" / "src")
    (tmp_path / subfolder).mkdir(parents=True, exist_ok=True)
    assert list(amplify_files_above(tmp_path / subfolder, tmp_path)) == [nearest]


def test_file_in_the_project_folder_precedes_one_in_src(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("amplify_outputs.json", tmp_path / "src")
    nearest = put_amplify_file("amplify_outputs.json", tmp_path)
    search = find_amplify_file(tmp_path, tmp_path)
    assert search.file
    assert search.file.path == nearest


def test_file_in_src_with_another_pool_is_an_error(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("aws-exports.js", tmp_path / "src")
    put_amplify_file("amplify_outputs.json", tmp_path)
    with pytest.raises(ConfigurationError, match=r"amplify_outputs\.json and src/aws-exports\.js "):
        find_amplify_file(tmp_path, tmp_path)


def test_search_stops_at_a_symlinked_home(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("amplify_outputs.json", tmp_path)
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "home").symlink_to(real)
    assert find_amplify_file(real, tmp_path / "home").file is None


def test_search_stops_at_home(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("amplify_outputs.json", tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    assert find_amplify_file(home, home).file is None
    assert find_amplify_file(home, tmp_path).file is not None


def test_file_without_a_pool_is_skipped_with_a_note(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("aws-exports.js", tmp_path)
    (tmp_path / "amplify_outputs.json").write_text('{"version": "1", "storage": {"bucket_name": "b"}}')
    search = find_amplify_file(tmp_path, tmp_path)
    assert search.file
    assert search.file.path.name == "aws-exports.js"
    assert "amplify_outputs.json specifies no user pool" in search.notes[0]


def test_file_of_another_user_is_skipped(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("amplify_outputs.json", tmp_path)
    search = find_amplify_file(tmp_path, tmp_path, owners=frozenset({54321}))
    assert search.file is None
    assert "belongs to another user" in search.notes[0]


def test_deeply_nested_braces_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "amplify_outputs.json"
    path.write_text('{"a":' * 100_000)
    with pytest.raises(ConfigurationError):
        read_amplify_file(path)
    script = tmp_path / "aws-exports.js"
    script.write_text("x = {a:" * 20_000)
    with pytest.raises(ConfigurationError, match="line 1: "):
        read_amplify_file(script)


def test_two_files_with_different_pools_are_an_error(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("amplify_outputs.json", tmp_path)
    put_amplify_file("aws-exports.js", tmp_path)
    cure = "`tui-auth profile import FILE --name NAME`.*--profile NAME"
    with pytest.raises(ConfigurationError, match=rf"amplify_outputs\.json and aws-exports\.js .*{cure}"):
        find_amplify_file(tmp_path, tmp_path)


def test_two_files_with_the_same_pool_are_accepted(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("amplify_outputs.json", tmp_path)
    changes = {
        "ap-south-1_FlatPool1": "eu-west-1_Gen2Pool1",
        "4flat4flat4flat4flat4flat": "2gen2gen2gen2gen2gen2gen2",
    }
    other = put_amplify_file("aws-exports.js", tmp_path, changes=changes)
    search = find_amplify_file(tmp_path, tmp_path)
    assert search.file
    assert search.file.path.name == "amplify_outputs.json"
    other.write_text("export default { aws_user_pools_id: env.POOL }")
    assert find_amplify_file(tmp_path, tmp_path).file, "the unused file can be invalid"


@pytest.mark.parametrize(
    ("passwordless", "flow", "factor"),
    [
        ('"email_otp_enabled": true, "preferred_challenge": "EMAIL_OTP"', "USER_AUTH", "EMAIL_OTP"),
        ('"email_otp_enabled": false, "sms_otp_enabled": true', "USER_AUTH", None),
        ('"email_otp_enabled": true, "preferred_challenge": "PASSWORD_SRP"', None, None),
        ('"web_authn": {}, "preferred_challenge": "WEB_AUTHN"', "USER_AUTH", "WEB_AUTHN"),
        ('"web_authn": {"relying_party_id": "auth.example.com"}', "USER_AUTH", None),
        ('"email_otp_enabled": false', None, None),
    ],
)
def test_passwordless_settings_select_the_flow(
    tmp_path: Path, put_amplify_file: Put, passwordless: str, flow: str | None, factor: str | None
) -> None:
    added = {'"mfa_methods"': f'"passwordless": {{{passwordless}}},\n"mfa_methods"'}
    settings = read_settings(put_amplify_file("amplify_outputs.json", tmp_path, changes=added))
    assert (settings.get("auth_flow"), settings.get("preferred_first_factor")) == (flow, factor)


def test_relying_party_of_passkeys_is_read(tmp_path: Path, put_amplify_file: Put) -> None:
    passwordless = '"passwordless": {"web_authn": {"relying_party_id": "auth.example.com"}}'
    added = {'"mfa_methods"': f'{passwordless},\n"mfa_methods"'}
    settings = read_settings(put_amplify_file("amplify_outputs.json", tmp_path, changes=added))
    assert settings["passkey_relying_party"] == "auth.example.com"


def test_owner_of_the_opened_file_is_checked(
    tmp_path: Path, put_amplify_file: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file could be replaced between a check of its path and its opening (CWE-367)."""
    put_amplify_file("amplify_outputs.json", tmp_path)
    file_of_another_user = os.stat_result((0o100644, 1, 1, 1, 12345, 0, 10, 0, 0, 0))
    monkeypatch.setattr("tui_auth.storage.files.os.fstat", lambda descriptor: file_of_another_user)
    search = find_amplify_file(tmp_path, tmp_path)
    assert search.file is None
    assert "belongs to another user" in search.notes[0]


def test_inaccessible_folder_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", deny)
    assert find_amplify_file(tmp_path, tmp_path).file is None


@pytest.mark.parametrize("fragment", ["/*a", "'\\'", "`", "{", "{a:1,", "{a:`${", "(", '{"a'])
def test_hostile_script_is_read_in_linear_time(fragment: str) -> None:
    # A parser that restarts at each bracket or quote needs minutes to hours for these.
    script = fragment * (50_000 // len(fragment))
    for hostile in (script + "{ userPoolId: 'a' }", "{ userPoolId: 'a', b: " + script):
        with suppress(ObjectSyntaxError):
            assert all(node.at("userPoolId") for node in find_objects(hostile))


POOL_A = "{ aws_user_pools_id: 'eu-west-1_A', aws_user_pools_web_client_id: 'c1' }"
POOL_B = "{ aws_user_pools_id: 'eu-west-1_B', aws_user_pools_web_client_id: 'c2' }"
MODERN = "{{ Auth: {{ Cognito: {{ userPoolId: 'eu-west-1_A', userPoolClientId: 'c1'{0} }}{1} }}{2} }}"
AMBIGUOUS_SCRIPTS = [
    f"const a = {POOL_A};\nconst b = {POOL_B};\nexport default b;",
    f"export default process.env.PROD ? {POOL_B} : {POOL_A};",
    f"const a = {POOL_A};\nif (x) {{ a.aws_user_pools_id = 'eu-west-1_B' }}\nexport default a;",
    f"const a = {POOL_A};\na['aws_user_pools_web_client_id'] = 'c2';\nexport default a;",
    f"export default {{ dev: {POOL_A}, prod: {POOL_B} }}",
    f"export default {POOL_A.replace(' }', ', ...prod }')};",
    f"export default {POOL_A.replace(' }', ', [key]: prod }')};",
    f"export default {POOL_A.replace(' }', ', [`aws_user_pools_id`]: prod }')};",
    POOL_A.replace("{", "export default {").replace(" }", ", aws_user_pools_id: 'eu-west-1_B' }"),
    *(
        f"Amplify.configure({MODERN.format(*(', ...prod' if at == level else '' for at in range(3)))})"
        for level in range(3)
    ),
]


@pytest.mark.parametrize("script", AMBIGUOUS_SCRIPTS)
def test_script_that_may_mean_another_pool_is_an_error(tmp_path: Path, script: str) -> None:
    path = tmp_path / "aws-exports.js"
    path.write_text(script)
    with pytest.raises(ConfigurationError, match=r"amplify_outputs\.json.*profile\.$"):
        find_amplify_file(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "script",
    [
        f"export default {POOL_A.replace('{ ', '{ ...base, [key]: 1, ')};",
        f"const a = {POOL_A};\nexport const copy = {POOL_A};",
        f"// aws_user_pools_id: 'eu-west-1_B'\nexport default {POOL_A}; // aws_user_pools_id",
        f"export default {POOL_A.replace(' }', ', oauth: { ...oauth } }')};",
    ],
)
def test_script_that_means_one_pool_is_read(tmp_path: Path, script: str) -> None:
    path = tmp_path / "aws-exports.js"
    path.write_text(script)
    assert read_settings(path) == {"user_pool_id": "eu-west-1_A", "client_id": "c1"}


def test_data_file_with_two_pools_is_an_error(tmp_path: Path) -> None:
    pools = [{"auth": {"user_pool_id": f"eu-west-1_{name}", "user_pool_client_id": "c"}} for name in "AB"]
    path = tmp_path / "amplify_outputs.json"
    path.write_text(json.dumps({"dev": pools[0], "prod": pools[1]}))
    with pytest.raises(ConfigurationError, match=r"amplify_outputs\.json.*more than one user pool"):
        find_amplify_file(tmp_path, tmp_path)
    path.write_text(json.dumps({"dev": pools[0], "prod": pools[0]}))
    assert read_settings(path)["user_pool_id"] == "eu-west-1_A"


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("", "empty"),
        (" \n// nothing\n", "object"),
        ("garbage", "object"),
        ("\0\1\2", "object"),
        ("export { default } from './config';", "object"),
        ("const awsmobile = {\n  aws_project_region: 'eu-west-1',\n", "a key"),
        ("const a = { b: 1 };\nconst awsmobile = {\n  aws_project_region: 'eu-west-1',", "a key"),
    ],
)
def test_script_without_a_readable_object_is_an_error(tmp_path: Path, script: str, problem: str) -> None:
    """To pass it by would use another pool, of a parent folder or of the last sign-in."""
    (tmp_path / "aws-exports.js").write_text(script)
    with pytest.raises(ConfigurationError, match=rf"line \d: .*{problem}.*\. .*Amplify"):
        find_amplify_file(tmp_path, tmp_path)


def test_large_data_file_is_read_in_part(
    tmp_path: Path, put_amplify_file: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project's data models make the file long; only what is about the pool is worth reading."""
    fields = {f"field{number}": {"type": "String", "isRequired": False} for number in range(12_000)}
    models = json.dumps({"models": {"Post": {"fields": fields}}}, indent=1)
    small = put_amplify_file("amplify_outputs.json", tmp_path)
    expected = read_amplify_file(small)
    assert expected
    text = small.read_text()
    small.write_text(text.replace("{", '{"data": ' + models + ",", 1))
    assert small.stat().st_size > 800_000
    lengths: list[int] = []

    def record_length(text: str) -> Node:
        lengths.append(len(text))
        return read_object(text)

    monkeypatch.setattr(amplify, "read_object", record_length)
    file = read_amplify_file(small)
    assert file
    added = models.count("\n")
    moved = {name: (entry.value, entry.line + added) for name, entry in expected.settings.items()}
    assert {name: (entry.value, entry.line) for name, entry in file.settings.items()} == moved
    assert lengths[0] < 2 * len(text) + added


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=3), JSON_VALUES, max_size=4), st.sampled_from([None, 1]))
def test_shortened_json_is_the_same_without_large_members(
    content: dict[str, Any], indent: int | None
) -> None:
    large = {"large": ["x" * 5000], "pool": {"user_pool_id": "p", "large": "\n" * 5000, **content}}
    text = json.dumps(content | large, indent=indent)
    shortened = shorten_json(text, re.compile("user_pool_id"))
    expected = content | {"large": None, "pool": {"user_pool_id": "p", "large": None, **content}}
    assert json.loads(shortened) == expected
    assert shortened.count("\n") == text.count("\n")
    assert json.loads(shorten_json(json.dumps(content), re.compile("user_pool_id"))) == content


def test_file_that_everyone_can_change_is_passed_by(tmp_path: Path, put_amplify_file: Put) -> None:
    put_amplify_file("amplify_outputs.json", tmp_path).chmod(0o666)
    search = find_amplify_file(tmp_path, tmp_path)
    assert search.file is None
    assert "amplify_outputs.json can be changed by every user and was ignored" in search.notes[0]
