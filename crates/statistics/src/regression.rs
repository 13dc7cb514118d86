//! Least squares and Poisson regression on small tables. The standard errors allow for errors that are
//! correlated with those before, for counts that vary more than Poisson, and for units whose errors are
//! correlated.

/// Result of a regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// One coefficient for each column.
    pub coefficients: Vec<f64>,
    /// Covariance of the coefficients, row by row.
    pub covariance: Vec<Vec<f64>>,
    /// Residual of each row: value less fitted value (least squares), or that difference divided by the square root of
    /// the fitted value (Poisson).
    pub residuals: Vec<f64>,
    /// Degrees of freedom: rows less columns.
    pub freedom: f64,
    /// Sum of squared residuals divided by the degrees of freedom.
    pub scale: f64,
    /// Estimated correlation of each error with the one before; `None` unless [`Errors::FirstOrder`].
    pub leaning: Option<f64>,
}

impl Fit {
    /// Standard error of a coefficient.
    pub fn error(&self, place: usize) -> f64 {
        self.covariance[place][place].max(0.0).sqrt()
    }
}

/// How the errors of rows are correlated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Errors<'e> {
    /// Not at all, and all of the same variance: plain least squares.
    Plain,
    /// With the errors of up to this many rows before, in the order of the rows (Newey and West).
    Lagged(Lags),
    /// With the error of the row before: first-order autoregression whose correlation, from 0 to 0,98, is
    /// estimated by restricted likelihood.
    FirstOrder,
    /// With the errors of the other rows of the same unit. The slice gives the unit of each row, from 0.
    Clustered(&'e [usize]),
}

/// Lags of Newey and West's standard errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lags {
    pub count: usize,
    /// Whether the covariance is multiplied by rows over degrees of freedom, which corrects for few rows.
    pub of_few: bool,
}

/// Inverse of a symmetric matrix; `None` if there is none, as when columns are linearly dependent.
fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let count = matrix.len();
    let mut left: Vec<Vec<f64>> = matrix.to_vec();
    let mut right: Vec<Vec<f64>> =
        (0..count).map(|row| (0..count).map(|column| f64::from(u8::from(row == column))).collect()).collect();
    let size = (0..count).map(|place| matrix[place][place].abs()).fold(0.0, f64::max);
    for step in 0..count {
        let pivot =
            (step..count).max_by(|one, other| left[*one][step].abs().total_cmp(&left[*other][step].abs()))?;
        if left[pivot][step].abs() <= size * 1e-13 {
            return None;
        }
        left.swap(step, pivot);
        right.swap(step, pivot);
        let by = left[step][step];
        left[step].iter_mut().chain(right[step].iter_mut()).for_each(|cell| *cell /= by);
        let (done_left, done_right) = (left[step].clone(), right[step].clone());
        for row in (0..count).filter(|row| *row != step) {
            let times = left[row][step];
            if times != 0.0 {
                left[row].iter_mut().zip(&done_left).for_each(|(cell, done)| *cell -= times * done);
                right[row].iter_mut().zip(&done_right).for_each(|(cell, done)| *cell -= times * done);
            }
        }
    }
    Some(right)
}

fn product(one: &[Vec<f64>], other: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let columns = other.first().map_or(0, Vec::len);
    one.iter()
        .map(|row| {
            (0..columns).map(|c| row.iter().zip(other).map(|(cell, row)| cell * row[c]).sum()).collect()
        })
        .collect()
}

/// Normal matrix: the sum over rows of the weight times the outer product of the row with itself.
fn normal(rows: &[Vec<f64>], weights: impl Fn(usize) -> f64) -> Vec<Vec<f64>> {
    let count = rows.first().map_or(0, Vec::len);
    let mut out = vec![vec![0.0; count]; count];
    for (place, row) in rows.iter().enumerate() {
        let weight = weights(place);
        for (at, one) in row.iter().enumerate().filter(|(_, one)| **one != 0.0) {
            row.iter().zip(&mut out[at]).for_each(|(other, sum)| *sum += weight * one * other);
        }
    }
    out
}

fn times(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(vector).map(|(one, other)| one * other).sum()).collect()
}

/// Coefficients and residuals of least squares. `bread` is the inverse of the rows' normal matrix.
fn solved(rows: &[Vec<f64>], values: &[f64], bread: &[Vec<f64>]) -> (Vec<f64>, Vec<f64>) {
    let mut target = vec![0.0; bread.len()];
    for (row, value) in rows.iter().zip(values) {
        row.iter().zip(&mut target).for_each(|(cell, sum)| *sum += cell * value);
    }
    let coefficients = times(bread, &target);
    let fitted = times(rows, &coefficients);
    let residuals = values.iter().zip(&fitted).map(|(value, fitted)| value - fitted).collect();
    (coefficients, residuals)
}

/// Least squares. `None` if columns are linearly dependent, if there are no more rows than columns, or if the
/// values lie exactly on the fitted line.
pub fn least_squares(rows: &[Vec<f64>], values: &[f64], errors: Errors) -> Option<Fit> {
    let columns = rows.first()?.len();
    let freedom = rows.len().checked_sub(columns).filter(|freedom| *freedom > 0)? as f64;
    let bread = inverse(&normal(rows, |_| 1.0))?;
    let (coefficients, residuals) = solved(rows, values, &bread);
    let squares = |values: &[f64]| values.iter().map(|one| one * one).sum::<f64>();
    // The residuals of values exactly on a line are rounding errors only.
    if squares(&residuals) <= squares(values) * 1e-22 {
        return None;
    }
    let leaning = (errors == Errors::FirstOrder).then(|| leaning(rows, values)).flatten();
    let scale = squares(&residuals) / freedom;
    let meat = match errors {
        Errors::Plain => normal(rows, |_| scale),
        Errors::Lagged(lags) => lagged(rows, &residuals, lags.count),
        Errors::FirstOrder => {
            let (times, variance) = leaning?;
            first_order(rows, times, variance)
        }
        Errors::Clustered(units) => clustered(rows, &residuals, units),
    };
    let count = rows.len() as f64;
    let small = match errors {
        Errors::Lagged(lags) if lags.of_few => count / freedom,
        Errors::Lagged(_) | Errors::Plain | Errors::FirstOrder => 1.0,
        Errors::Clustered(units) => of_few(units, count, freedom),
    };
    let mut covariance = product(&product(&bread, &meat), &bread);
    covariance.iter_mut().flatten().for_each(|cell| *cell *= small);
    Some(Fit {
        coefficients,
        covariance,
        residuals,
        freedom,
        scale,
        leaning: leaning.map(|(times, _)| times),
    })
}

/// Correlation of each error with the one before, and the variance of the innovations, by maximum restricted
/// likelihood of a first-order autoregression. Newey and West's standard errors are too small in series of a
/// few years.
fn leaning(rows: &[Vec<f64>], values: &[f64]) -> Option<(f64, f64)> {
    let columns = rows.first()?.len();
    let freedom = (rows.len() - columns) as f64;
    // Restricted likelihood and variance of the innovations at a given correlation.
    let at = |times: f64| -> Option<(f64, f64)> {
        let alone = (1.0 - times * times).sqrt();
        let new = |row: usize, of: &dyn Fn(usize) -> f64| match row {
            0 => alone * of(0),
            row => of(row) - times * of(row - 1),
        };
        let whitened: Vec<Vec<f64>> = (0..rows.len())
            .map(|row| (0..columns).map(|column| new(row, &|row| rows[row][column])).collect())
            .collect();
        let targets: Vec<f64> = (0..rows.len()).map(|row| new(row, &|row| values[row])).collect();
        let matrix = normal(&whitened, |_| 1.0);
        let (_, left) = solved(&whitened, &targets, &inverse(&matrix)?);
        let square: f64 = left.iter().map(|left| left * left).sum();
        let likelihood =
            alone.ln() - 0.5 * (freedom * square.max(f64::MIN_POSITIVE).ln() + log_size(&matrix)?);
        Some((likelihood, square / freedom))
    };
    let likelihood = |times: f64| at(times).map_or(f64::NEG_INFINITY, |(likelihood, _)| likelihood);
    // Searches a coarse grid, and then refines the best point by halving the step.
    let mut best = (0..=49)
        .map(|step| f64::from(step) * 0.02)
        .fold(0.0, |best, one| if likelihood(one) > likelihood(best) { one } else { best });
    let mut step = 0.01;
    while step > 1e-10 {
        for one in [best - step, best + step] {
            if (0.0..=0.98).contains(&one) && likelihood(one) > likelihood(best) {
                best = one;
            }
        }
        step /= 2.0;
    }
    Some((best, at(best)?.1))
}

/// Logarithm of the determinant of a positive definite matrix; `None` if the matrix is not.
fn log_size(matrix: &[Vec<f64>]) -> Option<f64> {
    let mut left: Vec<Vec<f64>> = matrix.to_vec();
    let mut out = 0.0;
    for step in 0..left.len() {
        let pivot = left[step][step];
        if pivot <= 0.0 {
            return None;
        }
        out += pivot.ln();
        let done = left[step].clone();
        for row in left.iter_mut().skip(step + 1) {
            let times = row[step] / pivot;
            row.iter_mut().zip(&done).for_each(|(cell, done)| *cell -= times * done);
        }
    }
    Some(out)
}

/// The rows' matrix, transposed, times the covariance of first-order errors, times the rows' matrix.
fn first_order(rows: &[Vec<f64>], leaning: f64, variance: f64) -> Vec<Vec<f64>> {
    let count = rows.first().map_or(0, Vec::len);
    let spread: Vec<Vec<f64>> = (0..rows.len())
        .map(|row| {
            let lean = |other: usize| leaning.powi(row.abs_diff(other) as i32);
            (0..count).map(|column| rows.iter().enumerate().map(|(o, r)| lean(o) * r[column]).sum()).collect()
        })
        .collect();
    let mut out = vec![vec![0.0; count]; count];
    for (row, spread) in rows.iter().zip(&spread) {
        for (at, one) in row.iter().enumerate() {
            spread.iter().zip(&mut out[at]).for_each(|(other, sum)| *sum += one * other);
        }
    }
    let variance = variance / (1.0 - leaning * leaning);
    out.iter_mut().flatten().for_each(|cell| *cell *= variance);
    out
}

/// Factor on the covariance that corrects for a small number of units.
fn of_few(units: &[usize], count: f64, freedom: f64) -> f64 {
    let groups = units.iter().max().map_or(1, |last| last + 1) as f64;
    groups / (groups - 1.0) * (count - 1.0) / freedom
}

fn lagged(rows: &[Vec<f64>], residuals: &[f64], lags: usize) -> Vec<Vec<f64>> {
    let mut out = normal(rows, |place| residuals[place] * residuals[place]);
    for lag in 1..=lags.min(rows.len().saturating_sub(1)) {
        let weight = 1.0 - lag as f64 / (lags + 1) as f64;
        for (place, row) in rows.iter().enumerate().skip(lag) {
            let times = weight * residuals[place] * residuals[place - lag];
            let before = &rows[place - lag];
            for (at, one) in row.iter().enumerate() {
                for (other_at, other) in before.iter().enumerate() {
                    out[at][other_at] += times * one * other;
                    out[other_at][at] += times * one * other;
                }
            }
        }
    }
    out
}

fn clustered(rows: &[Vec<f64>], residuals: &[f64], units: &[usize]) -> Vec<Vec<f64>> {
    let groups = units.iter().max().map_or(0, |last| last + 1);
    let mut scores = vec![vec![0.0; rows.first().map_or(0, Vec::len)]; groups];
    for ((row, left), unit) in rows.iter().zip(residuals).zip(units) {
        row.iter().zip(&mut scores[*unit]).for_each(|(cell, sum)| *sum += cell * left);
    }
    normal(&scores, |_| 1.0)
}

/// Poisson regression with a logarithmic link and an offset for each row. The covariance is widened if the
/// counts vary more than Poisson, and never narrowed; if `units` are given, it allows instead for errors that
/// are correlated within each unit.
///
/// `None` if the iteration does not converge, if columns are linearly dependent, or if there are no more rows
/// than columns.
pub fn poisson(rows: &[Vec<f64>], events: &[f64], offsets: &[f64], units: Option<&[usize]>) -> Option<Fit> {
    let columns = rows.first()?.len();
    let freedom = rows.len().checked_sub(columns).filter(|freedom| *freedom > 0)? as f64;
    // The iteration starts from the counts themselves, as is usual, with a half for a count of zero.
    let mut linear: Vec<f64> = events.iter().map(|events| (events.max(0.5)).ln()).collect();
    let (mut coefficients, mut is_settled) = (vec![0.0; columns], false);
    for _ in 0..100 {
        let mu: Vec<f64> = linear.iter().map(|linear| linear.exp()).collect();
        let bread = inverse(&normal(rows, |place| mu[place]))?;
        let mut target = vec![0.0; columns];
        for (place, row) in rows.iter().enumerate() {
            let working = linear[place] - offsets[place] + (events[place] - mu[place]) / mu[place];
            row.iter().zip(&mut target).for_each(|(cell, sum)| *sum += cell * working * mu[place]);
        }
        let next = times(&bread, &target);
        let moved =
            next.iter().zip(&coefficients).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max);
        coefficients = next;
        linear = times(rows, &coefficients).iter().zip(offsets).map(|(one, offset)| one + offset).collect();
        if linear.iter().any(|linear| !linear.is_finite() || *linear > 700.0) {
            return None;
        }
        is_settled = moved < 1e-10;
        if is_settled {
            break;
        }
    }
    if !is_settled {
        return None;
    }
    let mu: Vec<f64> = linear.iter().map(|linear| linear.exp()).collect();
    let residuals: Vec<f64> = events.iter().zip(&mu).map(|(events, mu)| (events - mu) / mu.sqrt()).collect();
    let scale = residuals.iter().map(|left| left * left).sum::<f64>() / freedom;
    let bread = inverse(&normal(rows, |place| mu[place]))?;
    let (mut covariance, widened) = match units {
        None => (bread, scale.max(1.0)),
        Some(units) => {
            let left: Vec<f64> = events.iter().zip(&mu).map(|(events, mu)| events - mu).collect();
            let meat = clustered(rows, &left, units);
            (product(&product(&bread, &meat), &bread), of_few(units, rows.len() as f64, freedom))
        }
    };
    covariance.iter_mut().flatten().for_each(|cell| *cell *= widened);
    Some(Fit { coefficients, covariance, residuals, freedom, scale, leaning: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_and_columns_that_say_the_same_are_refused() {
        let rows: Vec<Vec<f64>> = (0..20).map(|x| vec![1.0, f64::from(x)]).collect();
        let values: Vec<f64> =
            (0..20).map(|x| 3.0 + 0.5 * f64::from(x) + if x % 2 == 0 { 0.1 } else { -0.1 }).collect();
        let fit = least_squares(&rows, &values, Errors::Plain).unwrap();
        assert!((fit.coefficients[1] - 0.5).abs() < 0.01 && fit.freedom == 18.0);
        let same: Vec<Vec<f64>> = rows.iter().map(|row| vec![row[0], row[1], 2.0 * row[1]]).collect();
        assert!(least_squares(&same, &values, Errors::Plain).is_none());
        assert!(least_squares(&rows[..2], &values[..2], Errors::Plain).is_none());
    }

    #[test]
    fn a_rate_ratio_is_found() {
        let rows: Vec<Vec<f64>> = (0..40).map(|x| vec![1.0, f64::from(u8::from(x >= 20))]).collect();
        let events: Vec<f64> = (0..40).map(|x| if x < 20 { 100.0 } else { 50.0 }).collect();
        let fit = poisson(&rows, &events, &[0.0; 40], None).unwrap();
        assert!((fit.coefficients[1].exp() - 0.5).abs() < 1e-9);
        // 20 x 100 before and 20 x 50 after: the standard error of the logarithm is √(1/2000 + 1/1000).
        assert!((fit.error(1) - (1.0_f64 / 2000.0 + 1.0 / 1000.0).sqrt()).abs() < 1e-9);
    }
}
