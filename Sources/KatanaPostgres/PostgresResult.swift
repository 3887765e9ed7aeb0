import CKatana
import CKatanaPostgres
import KatanaSQL

/// Rows as libpq holds them, freed with this.
final class PostgresResult: SQLResult {
  private let native: OpaquePointer
  /// Those of one row.
  private var cells: UnsafeMutablePointer<kt_bytes>?

  init(_ native: OpaquePointer, _ exchange: OpaquePointer) {
    self.native = native
    super.init(
      rowCount: kt_pg_result_rows(native),
      columnCount: kt_pg_result_columns(native),
      affected: Int(clamping: kt_pg_result_affected(native))
    )
  }

  deinit {
    kt_pg_result_free(native)
    cells?.deallocate()
  }

  var isRollback: Bool { kt_pg_result_is_rollback(native) }

  override func cells(ofRow row: Int) -> UnsafePointer<SQLCell> {
    let cells = cells ?? .allocate(capacity: max(columnCount, 1))
    self.cells = cells
    kt_pg_result_row(native, row, cells)
    return UnsafeRawPointer(cells).assumingMemoryBound(to: SQLCell.self)
  }
}
