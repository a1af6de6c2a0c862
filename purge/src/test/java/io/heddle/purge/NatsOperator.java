package io.heddle.purge;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import io.nats.client.NKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Base64;

/**
 * An operator of NATS, an account and a user, as {@code nsc} makes them: each is described by a JWT
 * that the one above has signed.
 */
public final class NatsOperator {
  private final Path configuration;
  private final Path credentials;

  private NatsOperator(Path configuration, Path credentials) {
    this.configuration = configuration;
    this.credentials = credentials;
  }

  /** Makes them, and writes the server's configuration and the user's credentials to a folder. */
  public static NatsOperator in(Path folder) throws Exception {
    NKey operator = NKey.createOperator(null);
    NKey account = NKey.createAccount(null);
    NKey system = NKey.createAccount(null);
    NKey user = NKey.createUser(null);
    JsonObject unlimited = new JsonObject();
    for (String limit :
        new String[] {
          "subs",
          "data",
          "payload",
          "imports",
          "exports",
          "conn",
          "leaf",
          "mem_storage",
          "disk_storage",
          "streams",
          "consumer"
        }) {
      unlimited.addProperty(limit, -1);
    }
    unlimited.addProperty("wildcards", true);
    JsonObject accountClaims = new JsonObject();
    accountClaims.add("limits", unlimited);
    JsonObject userClaims = new JsonObject();
    for (String limit : new String[] {"subs", "data", "payload"}) {
      userClaims.addProperty(limit, -1);
    }
    String accountToken = token("account", account, operator, accountClaims);
    String id = new String(account.getPublicKey());
    String systemId = new String(system.getPublicKey());
    Path configuration =
        Files.writeString(
            folder.resolve("operator.conf"),
            "operator: "
                + token("operator", operator, operator, new JsonObject())
                + "\nsystem_account: "
                + systemId
                + "\nresolver: MEMORY\nresolver_preload: {\n"
                + id
                + ": "
                + accountToken
                + "\n"
                + systemId
                + ": "
                + token("account", system, operator, new JsonObject())
                + "\n}\n");
    Path credentials =
        Files.writeString(
            folder.resolve("user.creds"),
            "-----BEGIN NATS USER JWT-----\n"
                + token("user", user, account, userClaims)
                + "\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n"
                + new String(user.getSeed())
                + "\n------END USER NKEY SEED------\n");
    return new NatsOperator(configuration, credentials);
  }

  private static String token(String type, NKey subject, NKey issuer, JsonObject claims)
      throws GeneralSecurityException, IOException {
    claims.addProperty("type", type);
    claims.addProperty("version", 2);
    JsonObject body = new JsonObject();
    body.addProperty("jti", type);
    body.addProperty("iat", 1_700_000_000);
    body.addProperty("iss", new String(issuer.getPublicKey()));
    body.addProperty("sub", new String(subject.getPublicKey()));
    body.addProperty("name", type);
    body.add("nats", claims);
    String signed =
        base64("{\"typ\":\"JWT\",\"alg\":\"ed25519-nkey\"}".getBytes(UTF_8))
            + "."
            + base64(body.toString().getBytes(UTF_8));
    return signed + "." + base64(issuer.sign(signed.getBytes(UTF_8)));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  public Path configuration() {
    return configuration;
  }

  public Path credentials() {
    return credentials;
  }
}
