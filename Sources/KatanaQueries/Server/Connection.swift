import CPQ
import Glibc

/// A connection to the server that describes statements. Blocking, for one thread at a time.
final class Connection {
  /// What the server, or libpq, says against something.
  struct Failure: Error, Sendable {
    var message: String
    var detail: String?
    var hint: String?
    var sqlState: String?
    /// A character of the text that was sent, from 1.
    var position: Int?
    /// Of a query that the statement led to, where that is at fault.
    var context: String?
  }

  private let handle: OpaquePointer

  init(url: String) throws(Failure) {
    guard let handle = PQconnectdb(url) else { throw Failure(message: "there is no memory for a connection") }
    if PQstatus(handle) != CONNECTION_OK {
      let message = Self.trimmed(String(cString: PQerrorMessage(handle)))
      PQfinish(handle)
      throw Failure(message: message)
    }
    // What a script says with NOTICE is not a finding.
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    PQsetClientEncoding(handle, "UTF8")
    self.handle = handle
  }

  deinit { PQfinish(handle) }

  /// Of the server: 150018.
  var serverVersion: Int { Int(PQserverVersion(handle)) }

  /// Sends any number of statements, in one transaction unless they have their own; the rows of the last one, as text.
  @discardableResult
  func rows(_ text: String) throws(Failure) -> [[String?]] {
    let result = try check(PQexec(handle, text))
    defer { PQclear(result) }
    return Self.rows(of: result)
  }

  /// With parameters as text, whose types the server infers.
  func rows(_ text: String, _ parameters: [String?]) throws(Failure) -> [[String?]] {
    let copies = parameters.map { $0.map { strdup($0)! } }
    defer { for copy in copies { free(copy) } }
    let values = copies.map { $0.map { UnsafePointer($0) } }
    let result = try check(PQexecParams(handle, text, CInt(values.count), nil, values, nil, nil, 0))
    defer { PQclear(result) }
    return Self.rows(of: result)
  }

  /// Whether no transaction is open.
  var isIdle: Bool { PQtransactionStatus(handle) == PQTRANS_IDLE }

  struct Description: Sendable {
    struct Column: Sendable {
      let name: String
      let type: UInt32
      let modifier: Int
      /// 0 unless the column is a table's.
      let table: UInt32
      let tableColumn: Int
    }

    let parameters: [UInt32]
    let columns: [Column]
  }

  /// Has the server prepare a statement and say what it takes and gives back.
  ///
  /// - Parameter types: of the first parameters; 0 leaves a type to the server.
  func describe(_ text: String, types: [UInt32] = []) throws(Failure) -> Description {
    PQclear(try check(PQprepare(handle, "", text, CInt(types.count), types)))
    let result = try check(PQdescribePrepared(handle, ""))
    defer { PQclear(result) }
    let parameters = (0..<PQnparams(result)).map { PQparamtype(result, $0) }
    let columns = (0..<PQnfields(result)).map { index in
      Description.Column(
        name: String(cString: PQfname(result, index)),
        type: PQftype(result, index),
        modifier: Int(PQfmod(result, index)),
        table: PQftable(result, index),
        tableColumn: Int(PQftablecol(result, index))
      )
    }
    return Description(parameters: parameters, columns: columns)
  }

  private func check(_ result: OpaquePointer?) throws(Failure) -> OpaquePointer {
    guard let result else { throw Failure(message: Self.trimmed(String(cString: PQerrorMessage(handle)))) }
    switch PQresultStatus(result) {
    case PGRES_COMMAND_OK, PGRES_TUPLES_OK, PGRES_EMPTY_QUERY: return result
    case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
      PQclear(result)
      PQreset(handle)
      throw Failure(message: "COPY from or to the client cannot stand here")
    default:
      defer { PQclear(result) }
      throw Self.failure(of: result)
    }
  }

  private static func failure(of result: OpaquePointer) -> Failure {
    func field(_ code: Character) -> String? {
      PQresultErrorField(result, CInt(code.asciiValue!)).map { String(cString: $0) }
    }
    return Failure(
      message: field("M") ?? trimmed(String(cString: PQresultErrorMessage(result))),
      detail: field("D"),
      hint: field("H"),
      sqlState: field("C"),
      position: field("P").flatMap { Int($0) },
      context: field("W")
    )
  }

  private static func rows(of result: OpaquePointer) -> [[String?]] {
    let count = PQnfields(result)
    return (0..<PQntuples(result)).map { row in
      (0..<count).map { column in
        PQgetisnull(result, row, column) == 1 ? nil : String(cString: PQgetvalue(result, row, column))
      }
    }
  }

  /// libpq ends its messages with newlines.
  private static func trimmed(_ text: String) -> String {
    String(text.reversed().drop { $0.isWhitespace }.reversed())
  }
}
