import Glibc

/// Where `postgres`, `initdb` and `pg_isready` are.
package struct PostgresPrograms {
  package let folder: String

  /// Debian keeps each release in a folder of its own, and none of them in PATH.
  private static let debian = "/usr/lib/postgresql"

  /// The folder named by `KATANA_POSTGRES` (that which `pg_config --bindir` prints), else the newest of Debian's, else
  /// one of PATH.
  package static func find(
    named: String? = environment("KATANA_POSTGRES")
  ) throws(EphemeralPostgres.Failure) -> PostgresPrograms {
    if let named {
      if isWhole(named) { return PostgresPrograms(folder: named) }
      throw .init(
        description: "KATANA_POSTGRES is '\(named)', and 'postgres', 'initdb' and 'pg_isready' are not in there"
      )
    }
    let releases = FolderListing.names(in: debian).sorted { (Double($0) ?? 0) > (Double($1) ?? 0) }.map {
      "\(debian)/\($0)/bin"
    }
    let path = environment("PATH") ?? ""
    if let folder = (releases + path.split(separator: ":").map(String.init)).first(where: isWhole) {
      return PostgresPrograms(folder: folder)
    }
    throw .init(
      description: "there is no PostgreSQL server on this machine: 'apt-get install postgresql' brings one; "
        + "KATANA_POSTGRES names the folder of its programs where it lies elsewhere"
    )
  }

  package static func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  private static func isWhole(_ folder: String) -> Bool {
    ["postgres", "initdb", "pg_isready"].allSatisfy { access("\(folder)/\($0)", X_OK) == 0 }
  }
}

/// Whom the server runs as: this process's user, unless that is root.
struct ServerAccount {
  /// Nil for this process's own.
  let user: uid_t?
  let group: gid_t
  /// The words that start a program as that user.
  let prefix: String

  static func choose() throws(EphemeralPostgres.Failure) -> ServerAccount {
    guard geteuid() == 0 else { return ServerAccount(user: nil, group: getegid(), prefix: "") }
    for name in ["postgres", "nobody"] {
      guard let entry = getpwnam(name) else { continue }
      let (user, group) = (entry.pointee.pw_uid, entry.pointee.pw_gid)
      return ServerAccount(
        user: user,
        group: group,
        prefix: "setpriv --reuid=\(user) --regid=\(group) --clear-groups --"
      )
    }
    throw .init(
      description: "PostgreSQL refuses to run as root, and there is no user 'postgres' or 'nobody' to run it as: "
        + "run the command as another user"
    )
  }
}
