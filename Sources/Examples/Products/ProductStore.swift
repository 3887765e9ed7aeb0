import Katana
import KatanaSQLite

/// Products in SQLite, through prepared statements. Each reactor has a store of its own on the same database.
final class ProductStore {
  /// The contract gives a search no pages, so its answer has a bound.
  private static let foundMax = 1000

  private let database: Database
  private let selectPage, selectCount, selectByName, countByName, selectByID: Statement
  private let insertRow, updateRow, deleteRow, changeStock, selectImage, upsertImage: Statement

  /// Opens the database and creates what is missing in it.
  init(_ location: DatabaseLocation) throws {
    database = try location.open()
    try database.execute(
      """
      CREATE TABLE IF NOT EXISTS products (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sku TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        description TEXT,
        price REAL NOT NULL CHECK (price >= 0),
        stock INTEGER NOT NULL CHECK (stock BETWEEN 0 AND 1000000),
        category TEXT NOT NULL,
        tags TEXT NOT NULL,
        version INTEGER NOT NULL DEFAULT 1
      ) STRICT;
      CREATE TABLE IF NOT EXISTS images (
        product INTEGER PRIMARY KEY REFERENCES products (id) ON DELETE CASCADE,
        type TEXT NOT NULL,
        bytes BLOB NOT NULL
      ) STRICT;
      PRAGMA foreign_keys = ON
      """)
    try Self.addVersions(to: database)
    let columns = "id, sku, name, description, price, stock, category, tags, version"
    selectPage = try database.prepare("SELECT \(columns) FROM products WHERE id > ? ORDER BY id LIMIT ? OFFSET ?")
    selectCount = try database.prepare("SELECT count(*) FROM products")
    let named = "instr(lower(name), lower(?1)) > 0"
    selectByName = try database.prepare(
      "SELECT \(columns) FROM products WHERE \(named) ORDER BY id LIMIT \(Self.foundMax)")
    countByName = try database.prepare("SELECT count(*) FROM products WHERE \(named)")
    selectByID = try database.prepare("SELECT \(columns) FROM products WHERE id = ?")
    insertRow = try database.prepare(
      """
      INSERT INTO products (sku, name, description, price, stock, category, tags)
      VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING \(columns)
      """)
    updateRow = try database.prepare(
      """
      UPDATE products SET sku = ?2, name = ?3, description = ?4, price = ?5, stock = ?6, category = ?7, tags = ?8,
        version = version + 1
      WHERE id = ?1 AND (?9 IS NULL OR version = ?9) RETURNING \(columns)
      """)
    deleteRow = try database.prepare("DELETE FROM products WHERE id = ?")
    // One statement decides and changes, so that two reactors cannot take the same piece.
    changeStock = try database.prepare(
      """
      UPDATE products SET stock = stock + ?2, version = version + 1
      WHERE id = ?1 AND stock + ?2 BETWEEN 0 AND 1000000 RETURNING \(columns)
      """)
    selectImage = try database.prepare("SELECT type, bytes FROM images WHERE product = ?")
    upsertImage = try database.prepare(
      """
      INSERT INTO images (product, type, bytes) SELECT id, ?2, ?3 FROM products WHERE id = ?1
      ON CONFLICT (product) DO UPDATE SET type = excluded.type, bytes = excluded.bytes
      """)
  }

  /// Databases that were made before products had versions get them.
  private static func addVersions(to database: Database) throws {
    let column = try database.prepare("SELECT 1 FROM pragma_table_info('products') WHERE name = 'version'")
    if try column.first(row: { _ in true }) == nil {
      try database.execute("ALTER TABLE products ADD COLUMN version INTEGER NOT NULL DEFAULT 1")
    }
  }

  /// A page behind the product with the id `after`, and whether there are more behind it.
  func list(after: Int64, limit: Int32, offset: Int64) throws -> (items: [Product], isLast: Bool) {
    var items: [Product] = []
    items.reserveCapacity(Int(limit) + 1)
    try selectPage.forEachRow(.integer(after), .integer(Int64(limit) + 1), .integer(offset)) {
      items.append(try Product($0))
    }
    if items.count <= Int(limit) { return (items, true) }
    items.removeLast()
    return (items, false)
  }

  func count() throws -> Int64 { try selectCount.first { $0.integer(0) } ?? 0 }

  /// The first products that were found, and how many there are.
  func search(_ text: String) throws -> ProductList {
    var items: [Product] = []
    try selectByName.forEachRow(.text(text)) { items.append(try Product($0)) }
    let total = items.count < Self.foundMax ? Int64(items.count) : try countByName.first(.text(text)) { $0.integer(0) }
    return ProductList(items: items, total: total ?? 0)
  }

  func get(_ id: Int64) throws -> StoredProduct? { try selectByID.first(.integer(id)) { try StoredProduct($0) } }

  /// - Throws: ``SQLiteError`` with `isUniqueViolation` when the sku is taken.
  func insert(_ input: ProductInput) throws -> Product {
    try insertRow.first(
      .text(input.sku), .text(input.name), .text(input.description.value), .real(input.price),
      .integer(Int64(input.stock)), .text("\(input.category.text)"), .text(Tags.text(input.tags ?? []))
    ) { try Product($0) }!
  }

  /// Nil when there is no such product, or it has another version than the one given.
  func replace(_ id: Int64, _ input: ProductInput, version: Int64? = nil) throws -> StoredProduct? {
    try updateRow.first(
      .integer(id), .text(input.sku), .text(input.name), .text(input.description.value), .real(input.price),
      .integer(Int64(input.stock)), .text("\(input.category.text)"), .text(Tags.text(input.tags ?? [])),
      version.map { .integer($0) } ?? .null
    ) { try StoredProduct($0) }
  }

  /// False when there was no such product.
  func delete(_ id: Int64) throws -> Bool { try deleteRow.run(.integer(id)) > 0 }

  /// Nil when there is no such product, or its stock would leave its bounds.
  func adjust(_ id: Int64, by delta: Int32) throws -> StoredProduct? {
    try changeStock.first(.integer(id), .integer(Int64(delta))) { try StoredProduct($0) }
  }

  /// Nil when there is no such product, or it has no image.
  func image(of id: Int64) throws -> (type: String, bytes: [UInt8])? {
    try selectImage.first(.integer(id)) { ($0.text(0), $0.blob(1)) }
  }

  /// False when there is no such product.
  func storeImage(of id: Int64, type: String, _ bytes: [UInt8]) throws -> Bool {
    try upsertImage.run(.integer(id), .text(type), .blob(bytes)) > 0
  }
}

/// A product and the number of its changes.
struct StoredProduct {
  let product: Product
  let version: Int64

  var entityTag: String { "\"\(version)\"" }

  init(_ row: borrowing Row) throws {
    product = try Product(row)
    version = row.integer(8)
  }
}

/// Where the products are kept.
enum DatabaseLocation: Sendable {
  case memory
  case file(String)

  func open() throws -> Database {
    switch self {
    case .memory: try Database(sharedMemory: "products")
    case .file(let path): try Database(path: path)
    }
  }
}

/// A row that the contract's types cannot hold: somebody else wrote to the table.
struct UnreadableRow: Error {
  let id: Int64
}

extension Product {
  init(_ row: borrowing Row) throws {
    guard let category = Category(text: row.text(6)), let tags = Tags.list(row.text(7)) else {
      throw UnreadableRow(id: row.integer(0))
    }
    self.init(
      id: row.integer(0), sku: row.text(1), name: row.text(2), description: row.optionalText(3), price: row.real(4),
      stock: Int32(truncatingIfNeeded: row.integer(5)), category: category, tags: tags)
  }
}

extension Category {
  fileprivate init?(text: String) {
    switch text {
    case "electronics": self = .electronics
    case "books": self = .books
    case "clothing": self = .clothing
    case "food": self = .food
    case "other": self = .other
    default: return nil
    }
  }
}

/// Tags in one column, as a JSON array of strings.
enum Tags: JSONDecodable {
  case list([String])

  static func text(_ tags: [String]) -> String {
    if tags.isEmpty { return "[]" }
    var json = JSONWriter()
    json.literal("[")
    for tag in tags {
      json.string(tag)
      json.literal(",")
    }
    json.close("]")
    return json.text()
  }

  static func list(_ text: String) -> [String]? {
    if text == "[]" { return [] }
    guard case .success(.list(let tags)) = JSONReader.decode(Tags.self, from: text.utf8Span.span.bytes) else { return nil }
    return tags
  }

  static func decode(_ json: inout JSONReader) -> Tags? {
    guard json.array() != nil else { return nil }
    var tags: [String] = []
    while json.element() { tags.append(json.string()) }
    return .list(tags)
  }
}
